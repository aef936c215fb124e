/* The map and the days, each on a canvas; print; and the start. Dots are grey: colour says what is new, or chosen. */
const canvas = $("#map"), box = $(".mapbox"), tip = $("#tip"), brush = $("#brush"), ground = document.createElement("canvas");
const PAPER = {bg: "#fff", ink: "#111", muted: "#55534e", line: "#d8d4ca", dot: "#b3aea3", dot2: "#6b675e", accent: "#1a56b0",
  soft: "#dfe9f8", new: "#a8420a"};
let colours = PAPER, zoomed = {by: 1, x: 0, y: 0}, place = null, bounds, bigFirst, isStale = true, timer = 0, drag = null, fingers = new Map();
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const readColours = () => { colours = Object.fromEntries(Object.keys(PAPER).map((name) => [name, style(`--${name}`)])); };

/* In the next frame, so that the list stands first. `stale` is what also changes the ground, not what is chosen alone. */
function drawSoon(stale = false) {
  isStale ||= stale;
  timer ||= requestAnimationFrame(() => { timer = 0; paint(); paintDays(); });
}
function fitted(on, size) {
  const {width, height} = size || on.getBoundingClientRect(), scale = size ? 3 : devicePixelRatio || 1;
  if (!width) return null;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (on.width !== w || on.height !== h) [on.width, on.height, isStale] = [w, h, true];
  const pen = on.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return {pen, width, height};
}
const X = (i) => H.x[i] * place.kx + place.x, Y = (i) => place.y - H.y[i] * place.ky;
function placed(width, height) {
  const wide = bounds[2] - bounds[0] || 1, high = bounds[3] - bounds[1] || 1, [a, b] = [(width - 32) / wide, (height - 58) / high];
  const both = Math.min(a, b), kx = Math.min(a, both * 1.25) * zoomed.by, ky = Math.min(b, both * 1.25) * zoomed.by;
  place = {kx, ky, width, height, x: width / 2 - (bounds[0] + bounds[2]) / 2 * kx + zoomed.x,
    y: height / 2 + 10 + (bounds[1] + bounds[3]) / 2 * ky + zoomed.y};
}
function dots(pen, docs, colour, radius, isRing) {
  pen.beginPath();
  for (const i of docs) {
    const [x, y] = [X(i), Y(i)];
    if (x < -9 || y < -9 || x > place.width + 9 || y > place.height + 9) continue;
    if (radius < 2) pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else { pen.moveTo(x + radius, y); pen.arc(x, y, radius, 0, 7); }
  }
  pen[isRing ? "strokeStyle" : "fillStyle"] = colour;
  pen.lineWidth = 1.2;
  isRing ? pen.stroke() : pen.fill();
}
function paintGround(radius) {
  [ground.width, ground.height] = [canvas.width, canvas.height];
  const pen = ground.getContext("2d"), kinds = {out: [], none: [], story: [], fresh: []};
  pen.setTransform(canvas.width / place.width, 0, 0, canvas.height / place.height, 0, 0);
  for (let i = 0; i < N; i++) kinds[!pass[i] ? "out" : STORY[i] === NONE ? "none" : FRESH[i] ? "fresh" : "story"].push(i);
  dots(pen, kinds.out, colours.line, radius * .8);
  dots(pen, kinds.none, shown.filtered ? colours.dot2 : colours.dot, radius * .75, radius >= 2);
  dots(pen, kinds.story, shown.filtered ? colours.ink : colours.dot2, radius);
  dots(pen, kinds.fresh, colours.new, radius + .4);
  crowd.clear();
  for (let i = 0; i < N; i += N > 9000 && !shown.filtered ? 4 : 1) {
    if (shown.filtered && !pass[i]) continue;
    const cell = cellOf(X(i), Y(i));
    crowd.set(cell, (crowd.get(cell) || 0) + 1);
  }
  isStale = false;
}
const crowd = new Map(), cellOf = (x, y) => (x >> 4) * 4096 + (y >> 3);
function paint(size) {
  const fit = fitted(canvas, size);
  if (!fit || !N) return;
  const {pen, width, height} = fit, radius = (N > 9000 ? 1.3 : 3.1) * Math.min(2, Math.sqrt(zoomed.by));
  placed(width, height);
  if (isStale) paintGround(radius);
  const chosen = BY_NUMBER.get(shown.open), lit = BY_NUMBER.get(shown.hover);
  pen.globalAlpha = chosen && !shown.filtered ? .6 : 1;
  pen.drawImage(ground, 0, 0, width, height);
  pen.globalAlpha = 1;
  for (const [story, more] of [[lit, .8], [chosen, 1.3]]) {
    if (!story || story === NONE) continue;
    dots(pen, story.docs, colours.bg, radius + more + 1.7);
    dots(pen, story.docs, colours.accent, radius + more);
  }
  if (shown.dot !== null) dots(pen, [shown.dot], colours.ink, radius + 6, true);
  if (shown.area) outline(pen, shown.area.map(([x, y]) => [x * place.kx + place.x, place.y - y * place.ky]));
  if (drag?.lasso) outline(pen, drag.lasso);
  paintLabels(pen, chosen, lit);
}
function outline(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], k) => k ? pen.lineTo(x, y) : pen.moveTo(x, y));
  pen.closePath();
  [pen.strokeStyle, pen.lineWidth] = [colours.accent, 1.5];
  pen.stroke();
}
/* Names, the most wanted first, each near a headline in the midst of its story, where it covers few dots and no name. */
function paintLabels(pen, chosen, lit) {
  const wanted = [chosen, lit].filter((story) => story && story !== NONE), forced = new Set(wanted), put = [];
  if (shown.filtered) wanted.push(...shown.order.slice(0, 60));
  else {
    if (scrolled()) wanted.push(...shown.order.slice(0, 400).filter((story) => inView.has(story.number)));
    wanted.push(...bigFirst.filter((story) => story.mark).slice(0, 60), ...bigFirst.slice(0, 160));
  }
  const most = place.width < 500 ? 18 : N > 9000 ? 30 : 46;
  [pen.textBaseline, pen.lineJoin] = ["middle", "round"];
  for (const story of new Set(wanted)) {
    const isForced = forced.has(story), name = isForced ? cut(story.title, 44) : story.label;
    const docs = passing(story);
    if (put.length >= most && !isForced || !docs.length) continue;
    const middle = docs.includes(story.middle) ? story.middle : docs[0], [x, y] = [X(middle), Y(middle)];
    if (x < 0 || y < 30 || x > place.width || y > place.height) continue;
    const isBold = isForced || story.mark && !chosen || scrolled() && inView.has(story.number);
    pen.font = `${isBold ? 600 : 400} ${isForced ? 13 : 12}px ${style("--sans")}`;
    const spot = spotFor(docs, x, y, pen.measureText(name).width, put, isForced);
    if (!spot) continue;
    put.push(spot);
    [pen.lineWidth, pen.strokeStyle] = [3.5, colours.bg];
    pen.strokeText(name, spot.x, spot.y);
    pen.fillStyle = isForced ? colours.accent : story.mark && !chosen ? colours.new : chosen ? colours.muted : colours.ink;
    pen.fillText(name, spot.x, spot.y);
  }
}
function spotFor(docs, x, y, width, put, isForced) {
  let [left, right, top, bottom] = [x, x, y, y];
  for (const i of docs.length > 400 ? docs.slice(0, 400) : docs) {
    const [a, b] = [X(i), Y(i)];
    if (Math.abs(a - x) > 70 || Math.abs(b - y) > 40) continue;
    [left, right, top, bottom] = [Math.min(left, a), Math.max(right, a), Math.min(top, b), Math.max(bottom, b)];
  }
  let best = null;
  for (const [a, b] of [[right + 7, y], [left - 7 - width, y], [x - width / 2, bottom + 12], [x - width / 2, top - 12],
    [right + 5, bottom + 5], [right + 5, top - 5], [left - 5 - width, bottom + 5], [left - 5 - width, top - 5]]) {
    const spot = {x: isForced ? Math.max(4, Math.min(place.width - width - 4, a)) : a, y: b};
    Object.assign(spot, {left: spot.x - 2, right: spot.x + width + 2, top: b - 8, bottom: b + 8, over: 0});
    if (spot.left < 2 || spot.right > place.width - 2 || spot.top < 34 || spot.bottom > place.height - 2)
      if (isForced) spot.over += 200; else continue;
    if (put.some((other) => spot.left < other.right && spot.right > other.left && spot.top < other.bottom && spot.bottom > other.top))
      continue;
    for (let a = spot.left; a < spot.right; a += 16) for (let b = spot.top; b < spot.bottom; b += 8) spot.over += crowd.get(cellOf(a, b)) || 0;
    if (!best || spot.over < best.over) best = spot;
  }
  return best && (isForced || N > 9000 || shown.filtered || best.over <= 4) ? best : null;
}

/* Headlines per day: all, and what passes. */
function paintDays() {
  const fit = brush && fitted(brush);
  if (!fit) return;
  const {pen, width, height} = fit, n = perDay.length, columns = Math.min(n, Math.floor(width / 2)), step = width / columns;
  const bins = (counts) => counts.reduce((sums, value, k) => { sums[Math.floor(k * columns / n)] += value; return sums; }, new Array(columns).fill(0));
  const all = bins(perDayAll), most = Math.max(1, ...all), end = (day) => (day - days.first) / n * width;
  if (shown.from !== null || shown.to !== null) {
    const [from, to] = [end(shown.from ?? days.first), end((shown.to ?? days.last) + 1)];
    pen.fillStyle = colours.soft;
    pen.fillRect(from, 0, Math.max(2, to - from), height);
  }
  for (const [counts, colour] of [[all, colours.dot], ...(shown.filtered ? [[bins(perDay), colours.ink]] : [])]) {
    pen.fillStyle = colour;
    counts.forEach((value, k) => value && pen.fillRect(k * step, height - Math.max(1, value / most * (height - 3)), Math.max(1, step - .6), height));
  }
}

/* Pointers: hover, choose, pan, pinch, and the lasso. */
const spotOf = (event) => { const frame = canvas.getBoundingClientRect(); return [event.clientX - frame.left, event.clientY - frame.top]; };
function nearest(event) {
  const [x, y] = spotOf(event);
  let [best, least] = [-1, (event.pointerType === "touch" ? 26 : 15) ** 2];
  for (let i = 0; place && i < N; i++) {
    if (shown.filtered && !pass[i]) continue;
    const far = (X(i) - x) ** 2 + (Y(i) - y) ** 2;
    if (far < least) [best, least] = [i, far];
  }
  return best;
}
function showTip(event) {
  const i = nearest(event);
  tip.hidden = i < 0;
  hover(i < 0 || STORY[i] === NONE ? null : STORY[i].number);
  if (i < 0) return;
  tip.replaceChildren(told(i), el("i", {textContent: [publisher(i), D.time && saidTime(H.minute[i]), STORY[i] === NONE && "in no story"]
    .filter(Boolean).join(", ")}), STORY[i] === NONE || STORY[i].title === TITLE[i] ? "" : el("i", {textContent: `Story: ${STORY[i].title}`, dir: "auto"}));
  const [x, y] = [X(i), Y(i)], below = y + 16 + tip.offsetHeight < place.height;
  tip.style.left = `${Math.max(0, Math.min(x + 12, place.width - tip.offsetWidth - 4))}px`;
  tip.style.top = `${below ? y + 16 : Math.max(0, y - tip.offsetHeight - 12)}px`;
}
function zoom(by, [x, y] = [place.width / 2, place.height / 2]) {
  const next = Math.max(1, Math.min(14, zoomed.by * by)), ratio = next / zoomed.by;
  const [dx, dy] = [x - place.width / 2, y - place.height / 2 - 10];
  zoomed = next === 1 ? {by: 1, x: 0, y: 0} : {by: next, x: (zoomed.x - dx) * ratio + dx, y: (zoomed.y - dy) * ratio + dy};
  box.classList.toggle("zoomed", next > 1);
  drawSoon(true);
}
function select(isOn) {
  $("#lasso").setAttribute("aria-pressed", String(isOn));
  box.classList.toggle("select", isOn);
}
function wireMap() {
  canvas.onpointerdown = (event) => {
    const [x, y] = spotOf(event);
    fingers.set(event.pointerId, [x, y]);
    const isLasso = box.classList.contains("select") || event.shiftKey;
    drag = {x, y, from: {...zoomed}, moved: false, lasso: isLasso ? [[x, y]] : null};
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const [x, y] = spotOf(event);
    if (!drag) return showTip(event);
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1], old = fingers.get(event.pointerId);
      zoom(Math.hypot(x - other[0], y - other[1]) / Math.max(1, Math.hypot(old[0] - other[0], old[1] - other[1])), [(x + other[0]) / 2, (y + other[1]) / 2]);
      [drag.from, drag.moved] = [{...zoomed}, true];
    } else {
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 6;
      if (drag.lasso) drag.lasso.push([x, y]);
      else if (zoomed.by > 1 && drag.moved) [zoomed.x, zoomed.y, isStale] = [drag.from.x + x - drag.x, drag.from.y + y - drag.y, true];
    }
    fingers.set(event.pointerId, [x, y]);
    drawSoon();
  };
  const up = (event) => {
    fingers.delete(event.pointerId);
    const done = drag;
    if (!fingers.size) drag = null;
    if (!done || event.type === "pointercancel") return drawSoon();
    if (done.lasso && done.moved) {
      shown.area = done.lasso.map(([x, y]) => [(x - place.x) / place.kx, (place.y - y) / place.ky]);
      select(false);
      return update();
    }
    if (!done.moved) {
      const i = nearest(event);
      if (i >= 0 || shown.open !== null) go(i >= 0 ? STORY[i].number : null);
    }
    drawSoon();
  };
  [canvas.onpointerup, canvas.onpointercancel] = [up, up];
  canvas.onpointerleave = () => { tip.hidden = true; hover(null); };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, spotOf(event));
  }, {passive: false});
  $("#zoomin").onclick = () => zoom(1.6);
  $("#zoomout").onclick = () => zoom(1 / 1.6);
  $("#whole").onclick = () => zoom(0);
  $("#lasso").onclick = () => select(!box.classList.contains("select"));
  if (brush) {
    let start = null;
    const dayAt = (event) => {
      const frame = brush.getBoundingClientRect(), share = (event.clientX - frame.left) / frame.width;
      return Math.max(days.first, Math.min(days.last, days.first + Math.floor(share * perDay.length)));
    };
    brush.onpointerdown = (event) => { start = dayAt(event); brush.setPointerCapture(event.pointerId); };
    brush.onpointermove = (event) => {
      const day = dayAt(event);
      if (start === null || day === start && shown.from === null) return;
      [shown.from, shown.to] = [Math.min(start, day), Math.max(start, day)];
      drawSoon();
    };
    brush.onpointerup = brush.onpointercancel = () => { start = null; update(); };
    brush.ondblclick = () => { [shown.from, shown.to] = [null, null]; update(); };
  }
}
const redraw = () => { readColours(); drawSoon(true); };
/* On paper the map has a size and an ink of its own, nothing chosen, and the list has more stories. */
function forPrint(isPaper) {
  if (isPaper === forPrint.is) return;
  forPrint.is = isPaper;
  if (!isPaper) { [shown.limit, zoomed] = [page(), forPrint.zoomed]; render(); return redraw(); }
  forPrint.zoomed = zoomed;
  [colours, zoomed, isStale] = [PAPER, {by: 1, x: 0, y: 0}, true];
  shown.limit = 200;
  render();
  const {open, hover} = shown;
  [shown.open, shown.hover] = [null, null];
  paint({width: 744, height: 600});
  Object.assign(shown, {open, hover});
  isStale = true;
}

async function start() {
  await unpack();
  bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < N; i++)
    bounds = [Math.min(bounds[0], H.x[i]), Math.min(bounds[1], H.y[i]), Math.max(bounds[2], H.x[i]), Math.max(bounds[3], H.y[i])];
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  for (const story of STORIES) {
    const [x, y] = [median(story.docs.map((i) => H.x[i])), median(story.docs.map((i) => H.y[i]))];
    const far = (i) => (H.x[i] - x) ** 2 + (H.y[i] - y) ** 2;
    story.middle = story.docs.reduce((best, i) => far(i) < far(best) ? i : best, story.docs[0]);
  }
  bigFirst = STORIES.slice().sort((a, b) => b.size - a.size);
  const total = D.n_documents;
  if (N < total) $("#part").textContent = `This page holds ${N.toLocaleString("en")} of the ${count(total, "headline")}: of each story the `
    + "most certain ones. Search, filters and map are of these; all of them are in clusters.csv.";
  readColours();
  wire();
  wireMap();
  update();
  if (location.hash) route();
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => forPrint(true));
  addEventListener("afterprint", () => forPrint(false));
  matchMedia("print").addEventListener("change", (event) => forPrint(event.matches));
  let was = false;
  addEventListener("scroll", () => { if (was !== scrolled()) { was = !was; drawSoon(); } }, {passive: true});
  document.documentElement.dataset.ready = "yes";
}
start();

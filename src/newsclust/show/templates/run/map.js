/* The map and the days, each on a canvas; print; and the start. Dots are grey: colour says what is new, or chosen. */
const canvas = $("#map"), box = $(".mapbox"), tip = $("#tip"), brush = $("#brush");
const ground = document.createElement("canvas"), crowd = new Map(), cellOf = (x, y) => (x >> 4) * 4096 + (y >> 3);
const PAPER = {bg: "#fff", ink: "#111", muted: "#55534e", line: "#d8d4ca", dot: "#b3aea3", dot2: "#6b675e",
  accent: "#1a56b0", soft: "#dfe9f8", new: "#a8420a"};
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const screenColours = () => Object.fromEntries(Object.keys(PAPER).map((name) => [name, style(`--${name}`)]));
const WHOLE = {by: 1, x: 0, y: 0};
let colours = PAPER, zoomed = WHOLE, place = null, bounds, bigFirst, isStale = true, frame = 0, drag = null;

/* Draw in the next frame, so that the list comes first. `stale` redraws the ground, too, which is cached. */
function drawSoon(stale = false) {
  isStale ||= stale;
  frame ||= requestAnimationFrame(() => { frame = 0; paint(); paintDays(); });
}
function fitted(on, size) {
  const {width, height} = size || on.getBoundingClientRect(), scale = size ? 3 : devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (!w) return {};
  if (on.width !== w || on.height !== h) [on.width, on.height, isStale] = [w, h, true];
  const pen = on.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return {pen, width, height};
}
const X = (i) => H.x[i] * place.kx + place.x, Y = (i) => place.y - H.y[i] * place.ky;
function placed(width, height) {
  const [left, low, right, high] = bounds;
  const a = (width - 32) / (right - left || 1), b = (height - 58) / (high - low || 1);
  const most = Math.min(a, b) * 1.25, kx = Math.min(a, most) * zoomed.by, ky = Math.min(b, most) * zoomed.by;
  place = {kx, ky, width, height, x: width / 2 - (left + right) / 2 * kx + zoomed.x,
    y: height / 2 + 10 + (low + high) / 2 * ky + zoomed.y};
}
function dots(pen, docs, colour, radius, isRing) {
  pen.beginPath();
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  for (const i of docs) {
    const x = X(i), y = Y(i);
    if (x < -9 || y < -9 || x > place.width + 9 || y > place.height + 9) continue;
    if (radius < 2) pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    else { pen.moveTo(x + radius, y); pen.arc(x, y, radius, 0, 7); }
  }
  isRing ? pen.stroke() : pen.fill();
}
function paintGround(radius) {
  [ground.width, ground.height, isStale] = [canvas.width, canvas.height, false];
  const pen = ground.getContext("2d"), kinds = {out: [], none: [], story: [], fresh: []};
  pen.setTransform(canvas.width / place.width, 0, 0, canvas.height / place.height, 0, 0);
  for (let i = 0; i < N; i++)
    kinds[!pass[i] ? "out" : STORY[i] === NONE ? "none" : FRESH[i] ? "fresh" : "story"].push(i);
  dots(pen, kinds.out, colours.line, radius * .8);
  dots(pen, kinds.none, shown.filtered ? colours.dot2 : colours.dot, radius * .75, radius >= 2);
  dots(pen, kinds.story, shown.filtered ? colours.ink : colours.dot2, radius);
  dots(pen, kinds.fresh, colours.new, radius + .4);
  crowd.clear();
  for (let i = 0; i < N; i += N > 9000 && !shown.filtered ? 4 : 1) {
    const cell = cellOf(X(i), Y(i));
    if (pass[i]) crowd.set(cell, (crowd.get(cell) || 0) + 1);
  }
}
function paint(size) {
  const {pen, width, height} = fitted(canvas, size);
  const radius = (N > 9000 ? 1.3 : 3.1) * Math.min(2, Math.sqrt(zoomed.by));
  if (!pen || !N) return;
  placed(width, height);
  if (isStale) paintGround(radius);
  const [chosen, lit] = [shown.open, shown.hover].map((wanted) => wanted === -1 ? null : BY_NUMBER.get(wanted));
  pen.globalAlpha = chosen && !shown.filtered ? .6 : 1;
  pen.drawImage(ground, 0, 0, width, height);
  pen.globalAlpha = 1;
  for (const [story, more] of [[lit, .8], [chosen, 1.3]]) {
    if (!story) continue;
    dots(pen, story.docs, colours.bg, radius + more + 1.7);
    dots(pen, story.docs, colours.accent, radius + more);
  }
  if (shown.dot !== null) dots(pen, [shown.dot], colours.ink, radius + 6, true);
  const area = shown.area?.map(([x, y]) => [x * place.kx + place.x, place.y - y * place.ky]);
  for (const points of [area, drag?.lasso]) {
    if (!points) continue;
    pen.beginPath();
    for (const [x, y] of points) pen.lineTo(x, y);
    pen.closePath();
    [pen.strokeStyle, pen.lineWidth] = [colours.accent, 1.5];
    pen.stroke();
  }
  paintLabels(pen, chosen, lit);
}
/* Names, the most important first, each near a headline in the middle of its story, where it covers few dots and no
   name. As one reads down the list, the stories in view are named. */
function paintLabels(pen, chosen, lit) {
  const forced = new Set([chosen, lit].filter(Boolean)), put = [], sans = style("--sans");
  const inView = new Set(list.getBoundingClientRect().top > -120 ? [] : [...list.children].filter((row) => {
    const {top, bottom} = row.getBoundingClientRect();
    return bottom > 110 && top < innerHeight;
  }).map((row) => BY_NUMBER.get(+row.dataset.number)));
  inView.delete(NONE);
  const wanted = shown.filtered ? shown.order.slice(0, 60)
    : [...inView, ...bigFirst.filter((story) => story.mark).slice(0, 60), ...bigFirst.slice(0, 160)];
  const most = place.width < 500 ? 18 : N > 9000 ? 30 : 46;
  [pen.textBaseline, pen.lineJoin] = ["middle", "round"];
  for (const story of new Set([...forced, ...wanted])) {
    const isForced = forced.has(story), docs = passing(story), isNew = story.mark && !chosen;
    if (put.length >= most && !isForced || !docs.length) continue;
    const middle = pass[story.middle] ? story.middle : docs[0], [x, y] = [X(middle), Y(middle)];
    if (x < 0 || y < 30 || x > place.width || y > place.height) continue;
    const name = isForced ? cut(story.title, 44) : story.label;
    pen.font = `${isForced || isNew || inView.has(story) ? 600 : 400} ${isForced ? 13 : 12}px ${sans}`;
    const spot = spotFor(docs, x, y, pen.measureText(name).width, put, isForced);
    if (!spot) continue;
    put.push(spot);
    [pen.lineWidth, pen.strokeStyle] = [3.5, colours.bg];
    pen.strokeText(name, spot.x, spot.y);
    pen.fillStyle = colours[isForced ? "accent" : isNew ? "new" : chosen ? "muted" : "ink"];
    pen.fillText(name, spot.x, spot.y);
  }
}
function spotFor(docs, x, y, width, put, isForced) {
  let [left, right, top, bottom, best] = [x, x, y, y, null];
  for (const i of docs.slice(0, 400)) {
    const [a, b] = [X(i), Y(i)];
    if (Math.abs(a - x) > 70 || Math.abs(b - y) > 40) continue;
    [left, right, top, bottom] = [Math.min(left, a), Math.max(right, a), Math.min(top, b), Math.max(bottom, b)];
  }
  const before = left - 7 - width, after = right + 7, spots = [[after, y], [before, y], [x - width / 2, bottom + 12],
    [x - width / 2, top - 12], [after, bottom + 5], [after, top - 5], [before, bottom + 5], [before, top - 5]];
  for (const [a, middle] of spots) {
    const from = isForced ? Math.max(4, Math.min(place.width - width - 4, a)) : a;
    const spot = {x: from, y: middle, over: 0,
      left: from - 2, right: from + width + 2, top: middle - 8, bottom: middle + 8};
    const isOff = spot.left < 2 || spot.right > place.width - 2 || spot.top < 34 || spot.bottom > place.height - 2;
    if (isOff && !isForced || put.some((other) => spot.left < other.right && spot.right > other.left
      && spot.top < other.bottom && spot.bottom > other.top)) continue;
    for (let p = spot.left; p < spot.right; p += 16)
      for (let q = spot.top; q < spot.bottom; q += 8) spot.over += crowd.get(cellOf(p, q)) || 0;
    if (isOff) spot.over += 200;
    if (!best || spot.over < best.over) best = spot;
  }
  return best && (isForced || N > 9000 || shown.filtered || best.over <= 4) ? best : null;
}

/* Headlines per day: all, and what passes. */
function paintDays() {
  const {pen, width, height} = brush ? fitted(brush) : {}, n = perDay.length;
  if (!pen) return;
  const columns = Math.min(n, Math.floor(width / 2)), step = width / columns;
  const end = (day) => (day - days.first) / n * width;
  const bins = (counts) => counts.reduce((sums, value, k) => {
    sums[Math.floor(k * columns / n)] += value;
    return sums;
  }, new Array(columns).fill(0));
  const all = bins(perDayAll), most = Math.max(1, ...all), from = end(shown.from ?? days.first);
  pen.fillStyle = colours.soft;
  if (shown.from !== null || shown.to !== null) pen.fillRect(from, 0, end((shown.to ?? days.last) + 1) - from, height);
  for (const [counts, colour] of [[all, colours.dot], [shown.filtered ? bins(perDay) : [], colours.ink]]) {
    pen.fillStyle = colour;
    counts.forEach((value, k) => {
      const tall = value && Math.max(1, value / most * (height - 3));
      pen.fillRect(k * step, height - tall, Math.max(1, step - .6), tall);
    });
  }
}

/* Pointers: hover, choose, pan, and the lasso. */
const spotOf = ({clientX, clientY}) => {
  const {left, top} = canvas.getBoundingClientRect();
  return [clientX - left, clientY - top];
};
function nearest(event) {
  const [x, y] = spotOf(event);
  let best = -1, least = (event.pointerType === "touch" ? 26 : 15) ** 2;
  for (let i = 0; place && i < N; i++) {
    const far = (X(i) - x) ** 2 + (Y(i) - y) ** 2;
    if (far < least && pass[i]) [best, least] = [i, far];
  }
  return best;
}
function showTip(event) {
  const i = nearest(event), story = STORY[i] || NONE, isStory = story !== NONE;
  tip.hidden = i < 0;
  hover(isStory ? story.number : null);
  if (i < 0) return;
  const facts = [publisher(i), D.time && saidTime(H.minute[i]), !isStory && "in no story"].filter(Boolean).join(", ");
  const of = isStory && story.title !== TITLE[i] ? el("i", {textContent: `Story: ${story.title}`, dir: "auto"}) : "";
  tip.replaceChildren(told(i), el("i", {textContent: facts}), of);
  const [x, y] = [X(i), Y(i)], isBelow = y + 16 + tip.offsetHeight < place.height;
  tip.style.left = `${Math.max(0, Math.min(x + 12, place.width - tip.offsetWidth - 4))}px`;
  tip.style.top = `${isBelow ? y + 16 : Math.max(0, y - tip.offsetHeight - 12)}px`;
}
function zoom(by, [x, y] = [place.width / 2, place.height / 2]) {
  const next = Math.max(1, Math.min(14, zoomed.by * by)), ratio = next / zoomed.by;
  const [dx, dy] = [x - place.width / 2, y - place.height / 2 - 10];
  zoomed = next === 1 ? WHOLE : {by: next, x: (zoomed.x - dx) * ratio + dx, y: (zoomed.y - dy) * ratio + dy};
  box.classList.toggle("zoomed", next > 1);
  drawSoon(true);
}
function select(isOn) {
  $("#lasso").setAttribute("aria-pressed", String(isOn));
  box.classList.toggle("select", isOn);
}
function wireMap() {
  canvas.onpointerdown = (event) => {
    const [x, y] = spotOf(event), isLasso = box.classList.contains("select") || event.shiftKey;
    drag = {x, y, from: zoomed, lasso: isLasso ? [[x, y]] : null};
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const [x, y] = spotOf(event);
    if (!drag) return showTip(event);
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 6;
    if (drag.lasso) drag.lasso.push([x, y]);
    else if (zoomed.by > 1 && drag.moved)
      zoomed = {by: zoomed.by, x: drag.from.x + x - drag.x, y: drag.from.y + y - drag.y};
    drawSoon(!drag.lasso);
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    const {lasso, moved} = event.type === "pointerup" && drag || {moved: true}, i = nearest(event);
    drag = null;
    if (lasso && moved) {
      shown.area = lasso.map(([x, y]) => [(x - place.x) / place.kx, (place.y - y) / place.ky]);
      select(false);
      update();
    } else if (!moved && (i >= 0 || shown.open !== null)) go(i >= 0 ? STORY[i].number : null);
    drawSoon();
  };
  canvas.onpointerleave = () => { tip.hidden = true; hover(null); };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, spotOf(event));
  }, {passive: false});
  for (const [id, by] of [["#zoomin", 1.6], ["#zoomout", 1 / 1.6], ["#whole", 0]]) $(id).onclick = () => zoom(by);
  $("#lasso").onclick = () => select(!box.classList.contains("select"));
  if (!brush) return;
  let start = null;
  const dayAt = ({clientX}) => {
    const {left, width} = brush.getBoundingClientRect(), day = Math.floor((clientX - left) / width * perDay.length);
    return days.first + Math.max(0, Math.min(perDay.length - 1, day));
  };
  brush.onpointerdown = (event) => { start = dayAt(event); brush.setPointerCapture(event.pointerId); };
  brush.onpointermove = (event) => {
    if (start === null) return;
    [shown.from, shown.to] = [Math.min(start, dayAt(event)), Math.max(start, dayAt(event))];
    drawSoon();
  };
  brush.onpointerup = brush.onpointercancel = () => { start = null; update(); };
}
/* On paper the map has a size and an ink of its own, nothing chosen, and the list has more stories. */
function forPrint(isPaper) {
  const {open, hover} = shown;
  [colours, shown.limit] = isPaper ? [PAPER, 200] : [screenColours(), firstRows()];
  [zoomed, isStale] = [WHOLE, true];
  render();
  if (!isPaper) return drawSoon(true);
  shown.open = shown.hover = null;
  paint({width: 744, height: 600});
  [shown.open, shown.hover, isStale] = [open, hover, true];
}

async function start() {
  await unpack();
  bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < N; i++)
    bounds = bounds.map((edge, k) => Math[k < 2 ? "min" : "max"](edge, (k % 2 ? H.y : H.x)[i]));
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  for (const story of STORIES) {
    const [x, y] = [H.x, H.y].map((axis) => median(story.docs.map((i) => axis[i])));
    const far = (i) => (H.x[i] - x) ** 2 + (H.y[i] - y) ** 2;
    story.middle = story.docs.reduce((best, i) => far(i) < far(best) ? i : best, story.docs[0]);
  }
  bigFirst = STORIES.slice().sort((a, b) => b.size - a.size);
  if (N < D.n_documents)
    $("#part").textContent = `This page has ${number(N)} of the ${count(D.n_documents, "headline")}, the most certain `
      + "ones of each story. Search, filters and map use these; all of them are in clusters.csv.";
  colours = screenColours();
  if (H.fresh) shown.sort = "news";
  wire();
  wireMap();
  wireCorrections();
  update();
  route();
  const redraw = () => { colours = screenColours(); drawSoon(true); };
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => forPrint(true));
  addEventListener("afterprint", () => forPrint(false));
  addEventListener("scroll", () => drawSoon(), {passive: true});
  document.documentElement.dataset.ready = "yes";
}
start();

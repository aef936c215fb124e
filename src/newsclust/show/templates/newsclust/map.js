// The map of stories in a report: titles on it at every zoom, a search, a list of what was selected, and the choice of a
// story, of which it tells the page's other views and hears from them by the event "newsclust:story".
const storyMap = (() => {
  "use strict";
  const GAP = 4; // pixels between two titles
  const SURE = 8; // so many titles are placed over headlines if need be; the others where they hide next to none
  const HIDDEN = 2;
  const ROWS = 500; // headlines that the list shows; a copy has them all
  const CELL = 6; // pixels
  const root = document.documentElement;
  const pen = document.createElement("canvas").getContext("2d");
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const make = (tag, attributes = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };

  // Texts of the figure are escaped HTML, a headline's lines between <b> and </b>.
  const SIGNS = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#36;": "$" };
  const escaped = (text) => text.replace(/[&<>$]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const titleOf = (text) => text.slice(3, text.indexOf("</b>")).replaceAll("<br>", " ").replace(/&(amp|lt|gt|#36);/g, (sign) => SIGNS[sign]);
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
  const isAddress = (url) => /^https?:\/\//i.test(url ?? "");

  const decoded = (values) => {
    if (!values?.bdata) return values ?? [];
    const bytes = Uint8Array.from(atob(values.bdata), (sign) => sign.charCodeAt(0));
    return values.dtype === "f8" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
  };

  // Before it is drawn ---------------------------------------------------------------------------------------------

  // Whatever is highlighted is drawn again in a layer of its own, on top.
  function prepare(data, layout) {
    const isFlat = !data.some((trace) => trace.type === "scatter3d");
    for (const trace of data) for (const axis of ["x", "y", "z"]) if (axis in trace) trace[axis] = decoded(trace[axis]);
    data.push({
      type: data[0]?.type ?? "scatter", mode: "markers", x: [], y: [], ...(isFlat ? {} : { z: [] }), text: [], customdata: [],
      hovertemplate: "%{text}<extra></extra>", showlegend: false, meta: { highlight: true }, marker: { opacity: 1 },
    });
    delete layout.annotations; // made for a notebook
    layout.clickanywhere = true;
    if (isFlat) {
      // With ranges of its own a map does not move when a layer changes.
      for (const axis of ["x", "y"]) {
        let [low, high] = [Infinity, -Infinity];
        for (const trace of data) for (const value of trace[axis]) { low = Math.min(low, value); high = Math.max(high, value); }
        const room = 0.05 * (high - low) || 1;
        if (low <= high) layout[`${axis}axis`].range = [low - room, high + room];
      }
    }
  }

  // Titles ---------------------------------------------------------------------------------------------------------

  function lines(title, room) {
    const done = [""];
    for (const word of title.split(/\s+/)) {
      const longer = done.at(-1) ? `${done.at(-1)} ${word}` : word;
      if (!done.at(-1) || pen.measureText(longer).width <= room) done[done.length - 1] = longer;
      else done.push(word);
    }
    if (done.length > 2) done.splice(2, done.length, null);
    return done.slice(0, 2).map((line, i) => {
      let text = line;
      const isCut = i === 1 && done.length > 2;
      const ended = () => (text.length < line.length || isCut ? `${text.replace(/[\s,;:.\u2013\u2026-]+$/, "")}\u2026` : text);
      while (text.length > 1 && pen.measureText(ended()).width > room) text = text.slice(0, Math.max(1, text.lastIndexOf(" ") > room / 20 ? text.lastIndexOf(" ") : text.length - 1));
      return ended();
    });
  }

  // How many headlines are drawn in a box of pixels, from sums over a grid: a hundred thousand are counted once.
  function crowdOf(xs, ys, width, height) {
    const [columns, rows] = [Math.ceil(width / CELL) + 1, Math.ceil(height / CELL) + 1];
    const sums = new Int32Array(columns * rows);
    for (let i = 0; i < xs.length; i += 1) {
      const [column, row] = [Math.floor(xs[i] / CELL) + 1, Math.floor(ys[i] / CELL) + 1];
      if (column > 0 && row > 0 && column < columns && row < rows) sums[row * columns + column] += 1;
    }
    for (let row = 1; row < rows; row += 1) {
      for (let column = 1; column < columns; column += 1) {
        const at = row * columns + column;
        sums[at] += sums[at - 1] + sums[at - columns] - sums[at - columns - 1];
      }
    }
    const at = (x, y) => sums[Math.min(rows - 1, Math.max(0, Math.round(y / CELL))) * columns + Math.min(columns - 1, Math.max(0, Math.round(x / CELL)))];
    return ([left, top, right, bottom]) => at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
  }

  // As newsclust.report.labels.free_places does for print.
  function titles(div, stories, isFaded) {
    const { xaxis, yaxis } = div._fullLayout;
    const [width, height] = [xaxis._length, yaxis._length];
    const size = width < 520 ? 11 : 12;
    const [family, ink, paper] = ["--sans", "--ink", "--paper"].map(colour);
    pen.font = `600 ${size}px ${family}`;
    const shown = div.data.filter((trace) => trace.visible !== false && trace.visible !== "legendonly" && !trace.meta.highlight);
    const present = new Set(shown.flatMap((trace) => trace.stories));
    const [xs, ys] = [[], []];
    for (const trace of shown) for (let i = 0; i < trace.x.length; i += 1) { xs.push(xaxis.l2p(trace.x[i])); ys.push(yaxis.l2p(trace.y[i])); }
    const crowd = crowdOf(xs, ys, width, height);
    const most = Math.min(40, Math.max(5, Math.round((width * height) / 18000)));
    const [taken, notes] = [[], []];
    for (const { number, title, place: [x, y], reach } of stories) {
      if (notes.length === most) break;
      const [left, top] = [xaxis.l2p(x), yaxis.l2p(y)];
      if (!present.has(number) || left < 0 || top < 0 || left > width || top > height) continue;
      const text = lines(title, size * 14);
      const w = Math.max(...text.map((line) => pen.measureText(line).width)) + 4;
      const h = 1.3 * size * text.length + 2;
      const scale = Math.abs(xaxis.l2p(x + 1) - left);
      const [aside, up] = [reach[0] * scale + w / 2 + 2 * GAP, reach[1] * scale + h / 2 + 2 * GAP];
      let best = null;
      for (const [dx, dy] of [[0, up], [0, -up], [aside, 0], [-aside, 0], [0, 0]]) {
        const box = [left + dx - w / 2, top + dy - h / 2, left + dx + w / 2, top + dy + h / 2];
        if (box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height) continue;
        if (taken.some((other) => box[0] < other[2] + GAP && other[0] < box[2] + GAP && box[1] < other[3] + GAP && other[1] < box[3] + GAP)) continue;
        const hidden = crowd(box);
        if (!best || hidden < best.hidden) best = { box, hidden, dx, dy };
      }
      if (!best || (notes.length >= SURE && best.hidden > HIDDEN)) continue;
      taken.push(best.box);
      notes.push({
        x, y, xref: "x", yref: "y", xshift: best.dx, yshift: -best.dy, text: text.map(escaped).join("<br>"), showarrow: false, align: "center",
        borderpad: 0, opacity: isFaded(number) ? 0.3 : 1, font: { size, weight: 600, color: ink, family, shadow: [1, 2, 2, 3, 4].map((blur) => `0 0 ${blur}px ${paper}`).join(", ") },
      });
    }
    return notes;
  }

  // What is drawn stands for the reader to act on --------------------------------------------------------------------

  function attach(div, figure, isTouch) {
    const own = div.data.findIndex((trace) => trace.meta?.highlight);
    const traces = div.data.slice(0, own);
    const isFlat = div.data[own].type !== "scatter3d";
    const names = new Map();
    const stories = (div.layout.meta.stories ?? []).map(([number, ...place], i) => {
      const title = div.layout.meta.table.rows[i][0];
      names.set(number, title);
      return { number, title, place, reach: place.slice(-2) };
    });
    for (const trace of traces) trace.stories = [...new Set(trace.customdata.map(([story]) => story))];
    const crowd = traces.reduce((n, trace) => n + trace.x.length, 0);
    const faded = crowd > 20000 ? 0.06 : 0.16;
    const isShown = (trace) => trace.visible !== false && trace.visible !== "legendonly";
    const every = (fits) => traces.flatMap((trace, t) => {
      const found = [];
      if (isShown(trace)) trace.customdata.forEach((facts, i) => { if (fits(facts, trace, i)) found.push([t, i]); });
      return found;
    });

    const whole = isFlat ? [div.layout.xaxis.range, div.layout.yaxis.range].map((range) => [...range]) : null;
    const tools = toolsOf();
    const panel = panelOf();
    figure.querySelector(".drawing").before(tools.bar);
    figure.querySelector(".drawing").after(panel.section);
    figure.querySelector("figcaption")?.append(isTouch ? " Tap a headline twice to open it." : hasList() ? " Click a headline for its story, twice to open it." : " Click a headline to open it.");

    // Titles

    let current = null; // what stands out: a "story", what a "search" found, or nothing
    let chosen = null; // the number of that story
    let busy = false;
    let late = false;
    const label = () => {
      if (!isFlat || !div._fullLayout?.xaxis?._length) return;
      late = busy;
      if (busy) return;
      busy = true;
      const done = () => { busy = false; if (late) label(); };
      // What was chosen is placed first, so that it always has its title.
      const order = chosen === null ? stories : [...stories].sort((a, b) => (b.number === chosen) - (a.number === chosen));
      Plotly.relayout(div, { annotations: titles(div, order, (number) => current !== null && number !== chosen) }).then(done, done);
    };

    // One scale on both axes makes plotly widen a range where a window narrows, and it would stay wide ever after.
    let wanted = whole;
    let going = false;
    const go = (ranges) => {
      [wanted, going] = [ranges, true];
      const [x, y] = ranges.map((range) => [...range]);
      return Plotly.relayout(div, { "xaxis.range": x, "yaxis.range": y }).then(() => { going = false; });
    };
    div.on("plotly_relayout", (changes) => {
      if ("annotations" in changes) return;
      const keys = Object.keys(changes);
      if (!isFlat) return;
      if (keys.some((key) => /^[xy]axis/.test(key))) {
        if (!going) wanted = [div.layout.xaxis.range, div.layout.yaxis.range].map((range) => [...range]);
        label();
      } else if (keys.some((key) => /^(autosize|width|height)$/.test(key))) go(wanted);
      else label();
    });
    div.on("plotly_restyle", ([changes]) => { if ("visible" in changes) label(); });

    // Highlights

    function highlight(found, kind, story = null, document = null) {
      const before = [current, chosen];
      [current, chosen] = found ? [kind, story] : [null, null];
      const pick = (values, one) => found?.map(([t, i]) => one(values(traces[t]), i)) ?? [];
      const each = (value, i) => (Array.isArray(value) ? value[i] : value);
      const at = (axis) => pick((trace) => trace[axis], (value, i) => value[i]);
      const edges = pick((trace) => trace.customdata, (value, i) => (value[i][1] === document ? 3 : 1.2));
      const size = isFlat ? 2.5 : 1;
      return Plotly.restyle(div, {
        x: [at("x")], y: [at("y")], ...(isFlat ? {} : { z: [at("z")] }), text: [at("text")], customdata: [at("customdata")],
        "marker.color": [pick((trace) => trace.marker.color, each)],
        "marker.symbol": [pick((trace) => trace.marker.symbol, each)],
        "marker.size": [pick((trace) => trace.marker.size, each).map((value, i) => value + (edges[i] > 2 ? 3 * size : size))],
        ...(isFlat ? { "marker.line.width": [edges], "marker.line.color": colour("--ink") } : {}),
      }, [own]).then(() => {
        if ((before[0] === null) !== (current === null)) return Plotly.restyle(div, { opacity: found ? faded : 1 }, traces.map((_, t) => t));
        return null;
      }).then(() => { if (before[0] !== current || before[1] !== chosen) label(); });
    }

    const isInView = ([t, i]) => {
      if (!isFlat) return true;
      const inside = (range, value) => value >= Math.min(...range) && value <= Math.max(...range);
      return inside(div.layout.xaxis.range, traces[t].x[i]) && inside(div.layout.yaxis.range, traces[t].y[i]);
    };

    function show(story, document = null) {
      tools.box.value = "";
      tools.tell("");
      const found = story === null ? [] : every(([number]) => number === story);
      if (found.length && !found.some(isInView)) go(whole);
      return highlight(found.length ? found : null, "story", story, document);
    }

    const announce = (story, document) => window.document.dispatchEvent(new CustomEvent("newsclust:story", { detail: { story, document, source: "map" } }));

    function clear() {
      const had = current;
      tools.box.value = "";
      tools.tell("");
      last = null;
      panel.close();
      if (had) highlight(null);
      if (had === "story") announce(null, null);
    }

    document.addEventListener("newsclust:story", ({ detail }) => {
      if (!detail || detail.source === "map") return;
      show(detail.story ?? null, detail.document ?? null);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented && (current || !panel.section.hidden)) clear(); });

    // Clicks: the first on a headline chooses its story, the second opens it. Where no list of stories is there to show
    // what was chosen, a mouse's first click opens it; a finger's shows what the headline says.
    let last = null;
    div.on("plotly_click", ({ points: [point], event }) => {
      if (!point) return clear();
      const [story, document, url] = point.customdata ?? [];
      const again = last === document || event?.ctrlKey || event?.metaKey || (!hasList() && !isTouch);
      last = document;
      if (again && isAddress(url)) open(url, "_blank", "noopener,noreferrer");
      if (event?.ctrlKey || event?.metaKey) return undefined;
      show(story, document);
      return announce(story, document);
    });

    // Search

    let texts = null;
    function search() {
      const words = folded(tools.box.value).split(/\s+/).filter(Boolean);
      if (!words.length) {
        tools.tell("");
        if (current === "search") highlight(null);
        return [];
      }
      texts ??= traces.map((trace) => trace.text.map((text) => folded(titleOf(text))));
      const found = every((_, trace, i) => {
        const text = texts[traces.indexOf(trace)][i];
        return words.every((word) => text.includes(word));
      });
      if (current === "story") announce(null, null);
      const beyond = found.filter((one) => !isInView(one)).length;
      tools.tell(`${counted(found.length, "headline")} ${found.length === 1 ? "matches" : "match"}${beyond ? `, ${beyond.toLocaleString("en")} outside of this view` : ""}`, found.length > 0);
      highlight(found, "search");
      return found;
    }
    let soon = 0;
    tools.box.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(search, crowd > 5000 ? 200 : 60); });
    const listMatches = () => { clearTimeout(soon); const found = search(); if (found.length) list(found, true); };
    tools.box.addEventListener("keydown", (event) => { if (event.key === "Enter") listMatches(); });
    tools.list.addEventListener("click", listMatches);

    // Lists of headlines

    function list(found, focus) {
      panel.show(found.map(([t, i]) => {
        const [story, , url, publisher, day] = traces[t].customdata[i];
        return { url, cells: [titleOf(traces[t].text[i]), publisher, day, names.get(story) ?? "in no story"] };
      }), focus);
    }
    div.on("plotly_selected", (event) => {
      const found = (event?.points ?? []).filter((point) => point.curveNumber < own).map((point) => [point.curveNumber, point.pointIndex ?? point.pointNumber]);
      if (found.length) list(found, false);
      else panel.close();
    });
    div.on("plotly_deselect", () => panel.close());
    panel.closed = () => {
      if (isFlat && div.layout.selections?.length) Plotly.relayout(div, { selections: [] });
      if (traces.some((trace) => trace.selectedpoints)) Plotly.restyle(div, { selectedpoints: null });
    };
    label();
    return { label };
  }

  const hasList = () => Boolean(document.querySelector(".nc-stories"));

  function toolsOf() {
    const box = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const told = make("span");
    told.setAttribute("role", "status");
    const list = make("button", { type: "button", textContent: "List them", hidden: true });
    const bar = make("div", { className: "map-tools" }, make("label", {}, "Search the headlines ", box), told, list);
    bar.setAttribute("role", "search");
    return { bar, box, list, tell: (text, any = false) => { told.textContent = text; list.hidden = !any; } };
  }

  function panelOf() {
    const told = make("p");
    told.setAttribute("role", "status");
    const copy = make("button", { type: "button", textContent: "Copy" });
    const close = make("button", { type: "button", textContent: "Close" });
    const body = make("div", { className: "table long", tabIndex: 0 });
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", "Selected headlines");
    const section = make("section", { className: "picked", hidden: true }, make("div", {}, told, copy, close), body);
    section.setAttribute("aria-label", "Selected headlines");
    let rows = [];
    const panel = {
      section, closed: () => {},
      close: () => { if (!section.hidden) { section.hidden = true; rows = []; panel.closed(); } },
      show: (found, focus) => {
        rows = found;
        const head = make("tr", {}, ...["headline", "publisher", "date", "story"].map((text) => make("th", { scope: "col", textContent: text })));
        const lines = rows.slice(0, ROWS).map(({ url, cells: [title, ...others] }) => {
          const shown = isAddress(url) ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: title }) : title;
          return make("tr", {}, make("td", { dir: "auto" }, shown), ...others.map((text) => make("td", { dir: "auto", textContent: text })));
        });
        body.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines)));
        told.textContent = counted(rows.length, "headline") + (rows.length > ROWS ? `, of which ${ROWS} are shown; a copy has all` : "");
        section.hidden = false;
        if (focus) body.focus();
      },
    };
    close.addEventListener("click", () => panel.close());
    copy.addEventListener("click", async () => {
      const cell = (text) => String(text ?? "").replace(/\s+/g, " ").trim();
      const table = [["headline", "publisher", "date", "story", "address"], ...rows.map(({ url, cells }) => [...cells, url])];
      const text = table.map((row) => row.map(cell).join("\t")).join("\n");
      const said = (await put(text, section)) ? `Copied ${counted(rows.length, "headline")}` : "Press Ctrl+C or \u2318C to copy";
      copy.textContent = said;
      setTimeout(() => { copy.textContent = "Copy"; }, 2500);
    });
    return panel;
  }

  // A page from a file may not be trusted with the clipboard; then the text is selected for the reader to copy.
  async function put(text, place) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      place.querySelector("textarea")?.remove();
      const area = make("textarea", { value: text, readOnly: true, rows: 4 });
      area.setAttribute("aria-label", "The selected headlines as text");
      place.append(area);
      area.focus();
      area.select();
      return document.execCommand("copy");
    }
  }

  return { prepare, attach };
})();

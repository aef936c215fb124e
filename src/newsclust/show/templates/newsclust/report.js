(() => {
  "use strict";
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const plots = [];

  // Figures ------------------------------------------------------------------------------------------------------

  const themed = (layout) => {
    const changes = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", "font.color": colour("--ink"), "font.family": colour("--sans"), "hoverlabel.font.family": colour("--sans"),
      "hoverlabel.bgcolor": colour("--tip"), "hoverlabel.bordercolor": colour("--muted"),
      "hoverlabel.font.color": colour("--ink"), "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": colour("--muted"), "modebar.activecolor": colour("--ink"),
    };
    for (const axis of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      for (const part of ["gridcolor", "zerolinecolor", "linecolor"]) changes[`${axis}.${part}`] = colour("--line");
    }
    return changes;
  };

  // The greys of a tree's groups are see-through: what is written on them goes with the page.
  const isTree = (trace) => trace.type === "icicle";
  const inked = ({ customdata, textfont }) => customdata.map(([story], i) => (story < 0 ? colour("--ink") : textfont.color[i]));

  const put = (target, path, value) => {
    const keys = path.split(".");
    const last = keys.pop();
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  };

  const hasWebGL = () => {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  };

  // Plotly's texts are escaped HTML; a parsed document that is never shown runs and loads nothing.
  const plain = (text) => new DOMParser().parseFromString(text, "text/html").body.textContent;
  const escaped = (text) => text.replace(/[&<>$]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  // Headlines above the bars are as long as a desktop allows; on a phone they end where the figure does.
  const pen = document.createElement("canvas").getContext("2d");
  function fitted(note, room, layout) {
    pen.font = `${layout.font?.size ?? 12}px ${layout.font.family}`;
    const text = plain(note.full ??= note.text);
    let end = text.length;
    const cut = () => (end < text.length ? `${text.slice(0, end).replace(/[\s\u2026]+$/, "")}\u2026` : text);
    while (end > 1 && pen.measureText(cut()).width > room) end -= 1;
    return end < text.length ? escaped(cut()) : note.full;
  }

  function fit(div) {
    const { annotations, margin } = div.layout;
    const room = div.clientWidth - margin.l - 8;
    const texts = annotations.map((note) => fitted(note, room, div.layout));
    if (texts.every((text, i) => text === annotations[i].text)) return;
    Plotly.relayout(div, Object.fromEntries(texts.map((text, i) => [`annotations[${i}].text`, text])));
  }

  // A large map comes packed, and is drawn a moment later than the other figures.
  async function unpacked(script) {
    const bytes = Uint8Array.from(atob(script.textContent), (sign) => sign.charCodeAt(0));
    script.textContent = "";
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  // A large map waits until the page can be seen: its reader may read the list of stories while it is drawn.
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

  function start(figure) {
    const script = figure.querySelector("script");
    if (script.type === "application/gzip") painted().then(() => unpacked(script)).then((content) => draw(figure, content));
    else draw(figure, JSON.parse(script.textContent));
  }

  function draw(figure, { data, layout }) {
    const div = figure.querySelector(".plot-area");
    const isMap = figure.classList.contains("kind-map");
    const isTouch = matchMedia("(pointer: coarse)").matches;
    if (data.some((trace) => trace.type === "scattergl") && !hasWebGL()) {
      for (const trace of data) if (trace.type === "scattergl") trace.type = "scatter";
    }
    delete layout.width;
    layout.autosize = true;
    if (isMap) {
      // The list of stories beside the map replaces the legend inside: it never covers a point, and the keyboard
      // reaches it.
      delete layout.height;
      layout.showlegend = false;
      layout.margin = { l: 4, r: 4, t: 4, b: 4 };
      storyMap.prepare(data, layout);
    }
    for (const trace of data.filter(isTree)) {
      trace.textfont.color = inked(trace);
      if (div.clientWidth >= 520) continue;
      trace.maxdepth = 2; // for which a phone has room; a click shows the next levels
      layout.height = Math.min(layout.height, 640);
    }
    // Once the window has changed its size, plotly takes the height from here.
    if (layout.height) div.style.height = `${layout.height}px`;
    if (isMap && div.clientWidth < 520) put(layout, "hoverlabel.font.size", 11);
    // A finger moving over the figure means to scroll the page.
    if (isTouch) layout.dragmode = false;
    for (const [path, value] of Object.entries(themed(layout))) put(layout, path, value);
    Plotly.newPlot(div, data, layout, {
      responsive: true, displaylogo: false, displayModeBar: isMap || (figure.classList.contains("kind-bars") ? false : "hover"),
      // plotly offers to upload the chart to its cloud; a report keeps what it holds.
      showSendToCloud: false, plotlyServerURL: "",
      modeBarButtonsToRemove: isMap ? ["autoScale2d"] : ["select2d", "lasso2d", "autoScale2d"],
    });
    if (isMap) div.after(legendOf(div));
    if (isMap) storyMap.attach(div, figure, isTouch);
    if (/kind-(bars|time)/.test(figure.className) && layout.annotations) {
      fit(div);
      new ResizeObserver(() => fit(div)).observe(div);
    }
    plots.push(div);
  }

  function legendOf(div) {
    const set = document.createElement("fieldset");
    set.className = "legend";
    set.append(Object.assign(document.createElement("legend"), { textContent: "Show on the map" }));
    const order = [...div.data.keys()].filter((i) => !div.data[i].meta?.highlight).sort((a, b) => (div.data[a].legendrank ?? 1000) - (div.data[b].legendrank ?? 1000));
    const boxes = order.map((index) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
      box.addEventListener("change", () => Plotly.restyle(div, { visible: box.checked }, [index]));
      const name = document.createElement("span");
      name.textContent = plain(div.data[index].meta?.story ?? div.data[index].name);
      label.append(box, swatch(div.data[index].marker), name);
      set.append(label);
      return box;
    });
    const all = Object.assign(document.createElement("button"), { type: "button", textContent: "Hide all" });
    all.addEventListener("click", () => {
      const show = !boxes.some((box) => box.checked);
      for (const box of boxes) box.checked = show;
      Plotly.restyle(div, { visible: show }, order);
    });
    set.addEventListener("change", () => { all.textContent = boxes.some((box) => box.checked) ? "Hide all" : "Show all"; });
    all.addEventListener("click", () => set.dispatchEvent(new Event("change")));
    set.append(all);
    return set;
  }

  const SHAPES = {
    circle: "M0-5a5 5 0 1 0 .01 0z", square: "M-5-5h10v10h-10z", diamond: "M0-6l6 6-6 6-6-6z", "triangle-up": "M0-5.5l5.8 10h-11.6z",
    "triangle-down": "M0 5.5l5.8-10h-11.6z", cross: "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z", x: "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
    star: "M0-6.5l1.5 4.4h4.7l-3.8 2.8 1.5 4.5-3.9-2.8-3.9 2.8 1.5-4.5-3.8-2.8h4.7z",
  };
  function swatch(marker) {
    const make = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const picture = make("svg", { width: 18, height: 14, viewBox: "0 0 18 14", "aria-hidden": "true" });
    const first = (value, i) => (Array.isArray(value) ? value[i] : value).replace("-open", "");
    const marks = Array.isArray(marker.color) ? [...new Map(marker.color.map((fill, i) => [fill, first(marker.symbol, i)]))].slice(0, 3)
      : [[marker.color, Array.isArray(marker.symbol) ? first(marker.symbol, 0) : marker.symbol.replace("-open", "")]];
    marks.forEach(([fill, symbol], i) => picture.append(make("path", {
      d: SHAPES[symbol], fill, opacity: marker.opacity ?? 1,
      transform: marks.length > 1 ? `translate(${3 + 6 * i} 7) scale(.55)` : `translate(9 7)${symbol === "x" ? " rotate(45)" : ""}`,
    })));
    return picture;
  }

  // Code ---------------------------------------------------------------------------------------------------------

  const allCode = document.getElementById("all-code");
  if (allCode) {
    allCode.hidden = false;
    allCode.addEventListener("click", () => {
      const open = allCode.getAttribute("aria-pressed") !== "true";
      allCode.setAttribute("aria-pressed", String(open));
      for (const details of document.querySelectorAll("details.code")) details.open = open;
    });
  }

  document.querySelectorAll("figure.plot").forEach(start);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const div of plots) {
      Plotly.relayout(div, themed(div.layout));
      if (div.data.some(isTree)) Plotly.restyle(div, { "textfont.color": div.data.map(inked) });
    }
  });

  // Paper is narrower than most windows, and plotly draws in pixels.
  addEventListener("beforeprint", () => {
    for (const div of plots) Plotly.relayout(div, { width: 660, ...themed(div.layout) });
  });
  addEventListener("afterprint", () => {
    for (const div of plots) Plotly.relayout(div, { width: null, autosize: true, ...themed(div.layout) });
  });
})();

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

  function draw(figure) {
    const div = figure.querySelector(".plot-area");
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
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
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    });
    if (isMap) div.after(legendOf(div));
    if (isMap && data.some((trace) => trace.customdata)) linkPoints(div, figure, isTouch);
    if (/kind-(bars|time)/.test(figure.className) && layout.annotations) {
      fit(div);
      new ResizeObserver(() => fit(div)).observe(div);
    }
    plots.push(div);
  }

  // A finger's first tap shows what the headline says, the second one on the same opens it.
  function linkPoints(div, figure, isTouch) {
    let last = null;
    div.on("plotly_click", ({ points: [point] }) => {
      const again = last === point.customdata;
      last = point.customdata;
      if (/^https?:\/\//i.test(point.customdata ?? "") && (again || !isTouch)) open(point.customdata, "_blank", "noopener,noreferrer");
    });
    figure.querySelector("figcaption")?.append(isTouch ? " Tap a headline twice to open it." : " Click a headline to open it.");
  }

  function legendOf(div) {
    const set = document.createElement("fieldset");
    set.className = "legend";
    set.append(Object.assign(document.createElement("legend"), { textContent: "Show on the map" }));
    const order = [...div.data.keys()].sort((a, b) => (div.data[a].legendrank ?? 1000) - (div.data[b].legendrank ?? 1000));
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
      Plotly.restyle(div, { visible: show });
    });
    set.addEventListener("change", () => { all.textContent = boxes.some((box) => box.checked) ? "Hide all" : "Show all"; });
    all.addEventListener("click", () => set.dispatchEvent(new Event("change")));
    set.append(all);
    return set;
  }

  function swatch(marker) {
    const make = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const picture = make("svg", { width: 18, height: 14, viewBox: "0 0 18 14", "aria-hidden": "true" });
    if (Array.isArray(marker.color)) {
      [...new Set(marker.color)].slice(0, 3).forEach((stroke, i) =>
        picture.append(make("circle", { cx: 4 + 5 * i, cy: 7, r: 3, fill: "none", stroke, "stroke-width": 1.5 })));
    } else {
      const symbol = Array.isArray(marker.symbol) ? marker.symbol[0] : marker.symbol;
      const shape = { diamond: "M9 1l6 6-6 6-6-6z", square: "M4 2h10v10h-10z" }[symbol] ?? "M9 2a5 5 0 1 0 .01 0z";
      picture.append(make("path", { d: shape, fill: marker.color, opacity: marker.opacity ?? 1 }));
    }
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

  document.querySelectorAll("figure.plot").forEach(draw);
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

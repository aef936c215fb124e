// The figures of stories over time and of their tree are views of stories: a click chooses one, and what other views
// choose stands out. `customdata` and `meta.story` hold a story's number, -2 what is no single story.
{
  const others = -2;
  const views = [
    { name: "kind-time", source: "time", hint: " Click a story to choose it.", mark: markRow },
    { name: "kind-tree", source: "tree", hint: " Click a group to enlarge it, and again to go back; click a story to choose it.", mark: markLeaf },
  ];

  function markRow(div, story) {
    const rows = div.data.map((trace) => trace.meta?.story);
    const drawn = rows.includes(story) ? story : others; // a story without a row of its own is in the last one
    const isPlain = story === null || story < 0 || !rows.includes(drawn);
    Plotly.restyle(div, { opacity: rows.map((row) => (isPlain || row === drawn ? 1 : 0.2)) });
  }

  const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();

  function markLeaf(div, story) {
    const colours = div.data[0].customdata.map(([number]) => (number >= 0 && number === story ? ink() : "rgba(0,0,0,0)"));
    Plotly.restyle(div, { "marker.line.color": [colours] });
  }

  for (const { name, source, hint, mark } of views) {
    for (const figure of document.querySelectorAll(`figure.${name}`)) {
      const div = figure.querySelector(".plot-area");
      let last = null;
      const choose = (number) => {
        if (!(number >= 0)) return;
        last = number === last ? null : number; // a second click lets go
        mark(div, last);
        document.dispatchEvent(new CustomEvent("newsclust:story", { detail: { story: last, document: null, source } }));
      };
      div.on("plotly_click", ({ points: [point] }) => choose(point.customdata?.[0]));
      div.on("plotly_icicleclick", ({ points: [point] }) => {
        choose(point.customdata[0]);
        return !(point.customdata[0] >= 0); // false: a story does not fill the figure
      });
      div.on("plotly_clickannotation", ({ annotation }) => choose(annotation.name ? Number(annotation.name) : others));
      document.addEventListener("newsclust:story", ({ detail }) => {
        if (detail.source === source) return;
        last = detail.story;
        mark(div, detail.story);
      });
      figure.querySelector("figcaption")?.append(hint);
    }
  }
}

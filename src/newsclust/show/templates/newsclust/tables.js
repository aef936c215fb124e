// Tables of the class "sortable" get headers that sort, those of the class "filterable" a box that filters; in reports
// and in notebooks. Without it they are whole.
{
  const number = (text) => (/^[-+\u2212]?(\d[\d,]*)?\.?\d+(e[-+]?\d+)?(\s?(%|s|MiB))?$/i.test(text)
    ? parseFloat(text.replace("\u2212", "-").replaceAll(",", "")) : NaN);
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const shown = (cell) => cell?.textContent.trim() ?? "";
  const isMissing = (text) => /^([-\u2013]|nan|none|<na>|nat)?$/i.test(text);

  function sortable(heads, body, rows) {
    heads.forEach((head, column) => {
      const texts = new Map(rows.map((row) => [row, shown(row.cells[column])]));
      const known = [...texts.values()].filter((text) => !isMissing(text));
      if (!known.length) return; // pictures have no order
      const numeric = known.every((text) => !Number.isNaN(number(text)));
      const button = Object.assign(document.createElement("button"), { type: "button", title: "Sort by this column" });
      button.append(...head.childNodes);
      if (!shown(button)) button.setAttribute("aria-label", "Sort by this column");
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        // From the first order on, so that rows of one value always come in the same order, the missing ones last.
        body.append(...[...rows].sort((one, other) => {
          const [a, b] = [texts.get(one), texts.get(other)];
          return isMissing(a) - isMissing(b) || sign * (numeric ? number(a) - number(b) || 0 : words.compare(a, b));
        }));
      });
    });
  }

  function filterable(table, rows) {
    const bar = Object.assign(document.createElement("p"), { className: "filter" });
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off", spellcheck: false });
    const told = document.createElement("span");
    told.setAttribute("role", "status");
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const filter = () => {
      const wanted = box.value.toLowerCase().split(/\s+/);
      rows.forEach((row, i) => { row.hidden = !wanted.every((word) => texts[i].includes(word)); });
      told.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    };
    box.addEventListener("input", filter);
    label.append("Filter ", box);
    bar.append(label, told);
    (table.closest(".table") ?? table).before(bar);
    filter();
  }

  for (const table of document.querySelectorAll("table:is(.sortable, .filterable):not([data-ready])")) {
    table.dataset.ready = "";
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (table.classList.contains("sortable")) sortable([...table.tHead.rows[0].cells], body, rows);
    if (table.classList.contains("filterable")) filterable(table, rows);
  }
}

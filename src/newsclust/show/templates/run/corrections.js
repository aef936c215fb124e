/* Corrections: made in an open story, listed, saved as corrections.csv for the next run, and read back from it. The
   page shows the stories as they are; only a run changes them. */
const FIELDS = ["kind", "headline_a", "headline_b", "title", "who", "why"], LISTED = 200;
const NEEDS = {same: "headline_b", apart: "headline_b", title: "title", alone: "headline_a"};
const SAYS = {same: ["One story: ", " and "], apart: ["Two stories: ", " and "], alone: ["In no story: ", ""],
  title: ["Title of the story of ", ": "]};
const picked = new Set();
let corrections = [], IDS, isSaved = true;
const nameOf = (i) => IDS.get(i) ?? TITLE[i];
const keyOf = (row) => [row.kind, ...[row.headline_a, row.headline_b].sort(), row.title].join("\n");
/* The headline that stands for a story: that of its title, or the most certain one, but none that is marked. */
function standIn(story) {
  const free = story.docs.filter((i) => !picked.has(i)), sure = free.filter((i) => !ASSIGNED.has(i));
  return free.find((i) => TITLE[i] === story.title)
    ?? (sure.length ? sure : free).reduce((best, i) => H.certainty[i] > H.certainty[best] ? i : best, free[0]);
}
function correct(rows) {
  const known = new Set(corrections.map(keyOf)), blank = Object.fromEntries(FIELDS.map((name) => [name, ""]));
  const isNew = (row) => !known.has(keyOf(row)) && known.add(keyOf(row));
  const added = rows.map((row) => ({...blank, ...row})).filter(isNew);
  corrections.push(...added);
  isSaved &&= !added.length;
  picked.clear();
  listCorrections();
  if (shown.open !== null) showPanel(BY_NUMBER.get(shown.open));
  say(`${count(added.length, "correction")} added: save them below the list`);
}
const pair = (kind, a, b) => ({kind, headline_a: nameOf(a), headline_b: nameOf(b), why: $("#why")?.value ?? ""});
const single = (kind, a, title = "") => ({kind, headline_a: nameOf(a), title, why: $("#why")?.value ?? ""});
const chain = (docs) => docs.slice(1).map((i, k) => pair("same", docs[k], i));
const pick = (i) => el("input", {type: "checkbox", checked: picked.has(i), "aria-label": `Mark: ${TITLE[i]}`,
  onchange: ({target}) => {
    picked[target.checked ? "add" : "delete"](i);
    for (const one of $$(".correct [data-least]")) one.disabled = picked.size < one.dataset.least;
  }});
function correctBar(story) {
  const isStory = story !== NONE, docs = () => [...picked].sort((a, b) => a - b);
  for (const i of docs()) if (STORY[i] !== story) picked.delete(i);
  const act = (text, least, rows) => button(text, () => correct(rows(docs(), standIn(story))),
    {"data-least": least, disabled: picked.size < least});
  const nearest = story.near.map(([one]) => BY_NUMBER.get(one));
  const others = bigFirst.filter((one) => one !== story && !nearest.includes(one)).slice(0, 1000);
  const into = el("select", {"aria-label": "Another story"}, ...[...nearest, ...others].map((one) =>
    el("option", {value: one.number, textContent: cut(one.title, 70)})));
  const title = el("input", {type: "text", "aria-label": "New title"});
  const other = () => standIn(BY_NUMBER.get(+into.value));
  return el("div", {className: "correct", role: "group", "aria-label": "Correct"}, el("span", {}, "The marked headlines: "),
    isStory ? act("Not this story", 1, (some, rest) => some.map((i) => pair("apart", i, rest))) : "",
    isStory ? act("A story of their own", 2, (some, rest) => [...chain(some), pair("apart", some[0], rest)])
      : act("One story", 2, chain),
    isStory ? act("In no story", 1, (some) => some.map((i) => single("alone", i))) : "",
    el("span", {}, isStory ? "The marked, or all: " : "The marked: "), into,
    act("The same story", isStory ? 0 : 1, (some, rest) => !some.length ? [pair("same", rest, other())]
      : some.flatMap((i) => [pair("same", i, other()), ...isStory ? [pair("apart", i, rest)] : []])),
    ...isStory ? [title, button("Rename", () => title.value.trim()
      && correct([single("title", standIn(story), title.value.trim())]))] : [],
    el("label", {}, "Why ", el("input", {type: "text", id: "why"})));
}
function listCorrections() {
  const items = corrections.slice(0, LISTED).map((row) => {
    const [before, between] = SAYS[row.kind] ?? [`${row.kind}: `, " "];
    const names = [row.headline_a, row.headline_b || row.title];
    const facts = [row.who, row.why, row.file ? `row ${row.row} of ${row.file}` : "new, from the next run on",
      row.reason ?? (row.needed === false ? "changes nothing" : "")].filter(Boolean).join("; ");
    return el("li", {}, before, el("span", {dir: "auto", textContent: names[0]}), between,
      el("span", {dir: "auto", textContent: names[1]}), el("small", {textContent: ` (${facts}) `}),
      button("Remove", () => {
        corrections.splice(corrections.indexOf(row), 1);
        isSaved = false;
        listCorrections();
        $("#corrections h2").focus();
      }, {"aria-label": `Remove: ${before}${names.join(between)}`}));
  });
  if (corrections.length > LISTED) items.push(el("li", {}, `and ${number(corrections.length - LISTED)} more`));
  $("#corrected").replaceChildren(...items);
  $("#ncorrected").textContent = `${count(corrections.length, "correction")}${isSaved ? "" : ", not saved yet"}`;
}
/* A table of text as a spreadsheet saves it, with commas, semicolons or tabs. */
function parsed(text) {
  const mark = [",", ";", "\t"].reduce((best, one) => {
    const n = (sign) => text.split("\n")[0].split(sign).length;
    return n(one) > n(best) ? one : best;
  });
  const table = [[]], cell = new RegExp(`("(?:[^"]|"")*"|[^${mark}\\r\\n]*)(${mark}|\\r?\\n|$)`, "gy");
  for (const [whole, value, end] of text.replace(/^\ufeff/, "").matchAll(cell)) {
    const plain = value.startsWith('"') ? value.slice(1, -1).replace(/""/g, '"') : value;
    table.at(-1).push(plain.startsWith("'") && FORMULA.test(plain) ? plain.slice(1) : plain);
    if (!whole || !end) break;
    if (end !== mark) table.push([]);
  }
  return table;
}
async function readCorrections({target}) {
  const [head, ...table] = parsed(await target.files[0].text()), names = head.map((name) => name.trim().toLowerCase());
  const rows = table.map((cells) => Object.fromEntries(names.map((name, k) => [name, (cells[k] ?? "").trim()])));
  target.value = "";
  if (!["kind", "headline_a"].every((name) => names.includes(name)))
    return say("This is not a file of corrections: it has no columns kind and headline_a");
  correct(rows.filter((row) => NEEDS[row.kind] && row.headline_a && row[NEEDS[row.kind]])
    .map((row) => Object.fromEntries(FIELDS.map((name) => [name, row[name] ?? ""]))));
}
function wireCorrections() {
  [corrections, IDS] = [D.corrections?.slice() ?? [], new Map(H.ids)];
  listCorrections();
  $("#savecorrections").onclick = () => {
    for (const row of corrections) if (!row.file) row.who ||= $("#who").value.trim();
    save("corrections.csv", asCsv([FIELDS, ...corrections.map((row) => FIELDS.map((name) => row[name]))]));
    isSaved = true;
    listCorrections();
  };
  $("#readcorrections").onchange = readCorrections;
  addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });
}

/* The list of stories, the story that is open, links, copies, and what the controls do. */
const list = $("#list"), rows = new Map(), view = {by: "time", summaries: false, correct: false};
const isPhone = () => innerWidth <= 900, firstRows = () => isPhone() ? 15 : 30;
const idOf = (story) => `story-${story.number < 0 ? "none" : story.number}`;
const button = (text, onclick, given = {}) => el("button", {type: "button", textContent: text, onclick, ...given});
const told = (i, text = TITLE[i]) => el("span", {dir: "auto", lang: language(i)}, ...marked(text, shown.terms));
const titled = (number) => el("a", {href: `#story-${number}`, dir: "auto", textContent: BY_NUMBER.get(number).title});

function rowOf(story) {
  if (rows.has(story.number)) return rows.get(story.number);
  const by = publisher(story.first), facts = el("div", {className: "facts"}), isStory = story !== NONE;
  const said = [[`#${story.number}`, "no"], [D.time && saidSpan(story.from, story.to), "when"],
    [story.publishers && count(story.publishers, "publisher"), ""], [by && `first ${by}`, ""]];
  for (const [textContent, className] of isStory ? said : [])
    if (textContent) facts.append(el("span", {textContent, className}));
  const title = button(story.title, () => go(shown.open === story.number ? null : story.number),
    {dir: "auto", lang: isStory && story.docs.length ? language(story.docs[0]) : "en", "aria-expanded": "false"});
  const keywords = el("p", {className: "kw"}, el("span", {dir: "auto", textContent: story.keywords}));
  if (story.mark) keywords.prepend(el("span", {className: "badge", textContent: markOf(story)}));
  const row = el("li", {className: isStory ? "story" : "story none", id: idOf(story)},
    el("div", {className: "row"}, el("span", {className: "size"}), el("div", {}, el("h3", {}, title), keywords),
      facts));
  row.dataset.number = story.number;
  rows.set(story.number, row);
  return row;
}
function render() {
  shown.order = STORIES.filter((story) => !shown.filtered || story.hits);
  shown.order.sort((a, b) => SORTS[shown.sort](a, b) || b.size - a.size || a.number - b.number);
  const open = BY_NUMBER.get(shown.open), wanted = shown.order.slice(0, shown.limit);
  const rest = shown.order.length - shown.limit;
  if (open && open !== NONE && !wanted.includes(open)) wanted.unshift(open);
  if (open === NONE || NONE.size && rest <= 0 && (!shown.filtered || NONE.hits)) wanted.push(NONE);
  const now = wanted.map((story) => {
    const row = rowOf(story), size = $(".size", row);
    size.textContent = number(shown.filtered ? story.hits : story.size);
    if (shown.filtered && story.hits < story.size) size.append(el("small", {textContent: `of ${number(story.size)}`}));
    showHits(row, story);
    return row;
  });
  if (now.length !== list.children.length || now.some((row, k) => row !== list.children[k]))
    list.replaceChildren(...now);
  $("#more").hidden = rest <= 0;
  $("#more").textContent = `Show ${Math.min(100, rest)} more of ${count(shown.order.length, "story", "stories")}`;
  $("#status").textContent = statusText();
  showChips();
  if (open) showPanel(open);
}
function statusText() {
  const stories = count(shown.order.length, "story", "stories");
  const none = NONE.hits ? `, ${count(NONE.hits, "headline")} in none` : "";
  if (!shown.filtered) return stories;
  if (!shown.passing) return "Nothing matches: remove a filter or shorten a word";
  return shown.order.length ? `${stories}, ${count(shown.passing - NONE.hits, "headline")}${none}` : `No story${none}`;
}
/* Under a story that was found, the two headlines that match best, to show why it is there. */
function showHits(row, story) {
  $(".hits", row)?.remove();
  if (!shown.terms.length || story.number === shown.open) return;
  const best = passing(story).sort((a, b) => rank[b] - rank[a]).slice(0, 2).map((i) => {
    const term = SUMMARY && shown.terms.find((one) => !isIn(TITLE[i], one)); // then its summary has it
    const start = term && Math.max(0, fold(SUMMARY[i]).indexOf(term.text) - 50);
    return el("li", {}, told(i), ...term ? [" … ", told(i, SUMMARY[i].slice(start, start + 110)), "…"] : []);
  });
  $(".kw", row).after(el("ul", {className: "hits"}, ...best));
}
function showChips() {
  const {query, publisher: by, topic, from, to, area, only} = shown, said = query.trim();
  const chips = [
    [said && (/["“”„]/.test(said) ? said : `“${said}”`), {query: ""}],
    [by >= 0 && D.publishers[by], {publisher: -1}],
    [topic !== null && (topic < 0 ? "in no topic" : D.topics[topic].keywords), {topic: null}],
    [(from ?? to) !== null && saidSpan((from ?? days.first) * DAY, (to ?? days.last) * DAY), {from: null, to: null}],
    [area && "area on the map", {area: null}],
    [only && "what is new", {only: false}],
  ];
  $("#chips").replaceChildren(...chips.filter(([text]) => text).map(([text, without]) => button(`${text} ×`, () => {
    Object.assign(shown, without);
    update();
    $("#q").focus({preventScroll: true});
  }, {"aria-label": `Remove filter: ${text}`})));
}
function update() {
  const had = shown.terms.length, set = (selector, value) => { if ($(selector)) $(selector).value = value; };
  filter();
  const has = shown.terms.length;
  if (has && !had) [update.before, shown.sort] = [shown.sort, "match"];
  if (!has && shown.sort === "match") shown.sort = update.before;
  $("#sort option[value=match]").hidden = !has;
  set("#sort", shown.sort);
  if ($("#q").value !== shown.query) $("#q").value = shown.query;
  set("#publisher", shown.publisher < 0 ? "" : shown.publisher);
  set("#topic", shown.topic ?? "");
  set("#from", isoDay(shown.from ?? days.first));
  set("#to", isoDay(shown.to ?? days.last));
  $("#only")?.setAttribute("aria-pressed", shown.only);
  shown.limit = firstRows();
  render();
  drawSoon(true);
}

/* An open story, built on demand. */
function showPanel(story) {
  const row = rowOf(story), focused = document.activeElement?.closest(".panel button")?.dataset.key;
  const isStory = story !== NONE, docs = (isStory ? story.docs : passing(story)).slice();
  $(".panel", row)?.remove();
  $(".hits", row)?.remove();
  row.classList.add("open");
  $("h3 button", row).setAttribute("aria-expanded", "true");
  const choice = (text, key, isOn, act) =>
    button(text, () => { act(); showPanel(story); }, {"data-key": key, "aria-pressed": String(isOn)});
  const tools = el("div", {className: "tools"});
  if (isStory) tools.append(el("span", {className: "seg", role: "group", "aria-label": "Order"},
    ...[["By time", "time"], ["By certainty", "sure"]].map(([text, by]) =>
      choice(text, by, view.by === by, () => { view.by = by; }))));
  tools.append(choice("Correct", "correct", view.correct, () => { view.correct = !view.correct; }));
  if (SUMMARY) tools.append(choice("Summaries", "all", view.summaries, () => { view.summaries = !view.summaries; }));
  tools.append(button("Copy as table", () => copy(asTsv(tableOf(docs)), `${count(docs.length, "headline")} copied`)),
    button("Copy link", () => copy(`${location.href.split("#")[0]}#${idOf(story)}`, "Link copied")));
  if (isStory && view.by === "sure") docs.sort((a, b) => H.certainty[b] - H.certainty[a] || H.minute[a] - H.minute[b]);
  const head = el("p", {className: "told"}, ...isStory ? headOf(story) : []);
  if (story.docs.length < story.size) head.append(`This page has ${number(story.docs.length)} of its `
    + `${count(story.size, "headline")}; all of them are in clusters.csv.`);
  row.append(el("div", {className: "panel"}, head, tools, view.correct ? correctBar(story) : "",
    headsOf(story, docs), ...isStory ? aroundOf(story) : []));
  if (focused) $(`[data-key="${focused}"]`, row)?.focus({preventScroll: true});
}
function headOf({number: n, first, size, publishers, reports, source, mark}) {
  const kind = source ? ["copy", "copies"] : ["near-copy", "near-copies"];
  const parts = [`Story ${n}. `], copies = count(size - reports, ...kind);
  if (first >= 0) parts.push("First: ", el("b", {textContent: publisher(first) || TITLE[first]}),
    `, ${saidTime(H.minute[first])}${withClock ? " UTC" : ""}. `);
  parts.push(count(size, "headline"), publishers ? ` by ${count(publishers, "publisher")}` : "");
  if (reports) parts.push(reports === size ? ", no near-copies"
    : `, ${count(reports, "independent report")} (${copies} folded)`, source ? `; source named: ${source}` : "");
  return [...parts, mark ? `; ${MARKS[mark[0]](mark[1])}. ` : ". "];
}
function headsOf(story, docs) {
  const copies = new Map(), held = new Set(docs), heads = el("ol", {className: "heads", "aria-label": "Headlines"});
  for (const i of docs) if (held.has(COPY.get(i))) copies.set(COPY.get(i), [...copies.get(COPY.get(i)) || [], i]);
  const leaders = docs.filter((i) => !held.has(COPY.get(i)));
  const put = (from, to) => leaders.slice(from, to).forEach((i) => {
    const item = headline(i, story), copied = (copies.get(i) || []).map((j) => () => headline(j, story, "copy"));
    heads.append(item);
    if (!copied.length) return;
    let open = [];
    const unfold = button(count(copied.length, "near-copy", "near-copies"), () => {
      open.forEach((one) => one.remove());
      open = open.length ? [] : copied.map((make) => make());
      item.after(...open);
      unfold.setAttribute("aria-expanded", String(open.length > 0));
    }, {"aria-expanded": "false"});
    $(".p", item).after(unfold);
  });
  put(0, 200);
  if (leaders.length > 200) {
    const more = button(`Show ${leaders.length - 200} more`, () => { more.parentNode.remove(); put(200); });
    heads.append(el("li", {}, more));
  }
  return heads;
}
function headline(i, story, className = "") {
  const link = {href: ADDRESS[i], target: "_blank", rel: "noopener noreferrer"}, by = publisher(i);
  const body = el("div", {className: "x"}, view.correct ? pick(i) : "", ADDRESS[i] ? el("a", {className: "h", ...link}, told(i))
    : el("span", {className: "h"}, told(i)), " ", el("span", {className: "p", textContent: by, dir: "auto"}));
  if (SUMMARY?.[i] && (view.summaries || pass[i] && shown.terms.some((term) => !isIn(TITLE[i], term))))
    body.append(el("div", {className: "s"}, told(i, SUMMARY[i])));
  const sure = !ASSIGNED.has(i) ? {textContent: `${H.certainty[i]} %`, title: "certainty"} : {textContent: "assigned",
    title: `HDBSCAN left it as noise; ${H.certainty[i]} % of its neighbours' votes are for this story`};
  const item = el("li", {className: shown.filtered && !pass[i] ? `${className} out` : className},
    el("time", {className: "t", dateTime: iso(H.minute[i]), textContent: saidTime(H.minute[i])}), body,
    story === NONE ? "" : el("span", {className: "c", ...sure}));
  [item.onmouseenter, item.onmouseleave] = [i, null].map((dot) => () => { shown.dot = dot; drawSoon(); });
  return item;
}
function aroundOf({near, doubt, rival, separation, own, next, topic, together, reliability}) {
  const about = el("p", {className: "aside"});
  if (doubt === "twice") about.append("Doubt: as near to ", titled(rival), " as to itself: one event in two? ");
  if (doubt === "loose") about.append("Doubt: its headlines are not much alike: several events in one? ");
  if (own) about.append(`Separation ${separation.toFixed(2)}: alike ${own.toFixed(2)}, `
    + `like the next story ${next.toFixed(2)}. `);
  if (reliability != null) about.append(`Reliability ${reliability.toFixed(2)}; with a fifth of all headlines left out `
    + `${Math.round(100 * together)} % of its pairs stay together. `);
  about.append(topic >= 0 ? `Topic: ${D.topics[topic].keywords}.` : "In no topic.");
  const others = near.flatMap(([one, alike], k) => [k ? "; " : "Near: ", titled(one), ` (${alike.toFixed(2)})`]);
  return [others.length ? el("p", {className: "aside"}, ...others, ".") : "", about];
}
function open(wanted) {
  const before = BY_NUMBER.get(shown.open), story = BY_NUMBER.get(wanted), was = story && rows.get(wanted);
  const top = was?.isConnected ? was.getBoundingClientRect().top : null;
  shown.open = wanted;
  if (before) {
    const row = rowOf(before);
    $(".panel", row)?.remove();
    row.classList.remove("open");
    $("h3 button", row).setAttribute("aria-expanded", "false");
    showHits(row, before);
  }
  drawSoon();
  if (!story) return;
  if (was?.isConnected) showPanel(story);
  else render();
  if (isPhone()) tab("list");
  const row = rowOf(story);
  $("h3 button", row).focus({preventScroll: true});
  // What was clicked stays where it is; what comes from elsewhere is scrolled into view.
  if (top !== null && top > 80 && top < innerHeight * .8)
    scrollBy({top: row.getBoundingClientRect().top - top, behavior: "instant"});
  else row.scrollIntoView({block: "start", behavior: "instant"});
}

/* Links to a story, and the back button. */
function route() {
  const [, name] = /^#story-(none|\d+)$/.exec(location.hash) || [], notice = $("#notice");
  const wanted = name === undefined ? null : name === "none" ? -1 : +name;
  notice.hidden = wanted === null || BY_NUMBER.has(wanted);
  if (!notice.hidden) {
    notice.textContent = `There is no story ${name} on this page: the link may be of another run.`;
    scrollTo(0, 0);
  }
  open(BY_NUMBER.has(wanted) ? wanted : null);
}
function go(wanted) {
  const story = BY_NUMBER.get(wanted);
  history.pushState(null, "", story ? `#${idOf(story)}` : location.pathname + location.search);
  route();
}

/* Copies and files. A cell that a spreadsheet would compute is written as text. */
// As newsclust.run.csv_cells writes clusters.csv.
const FORMULA = /^(?!\s*[-+]?[\d.,]+(e[-+]?\d+)?%?\s*$)'*[=+\-@\t\r＝＋－＠]/i;
const inert = (value) => FORMULA.test(value) ? `'${value}` : String(value);
const quoted = (text) => /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
const oneLine = (text) => text.replace(/[\t\r\n]+/g, " ");
const asTsv = (table) => table.map((row) => row.map((value) => oneLine(inert(value))).join("\t")).join("\n");
const asCsv = (table) => "\ufeff" + table.map((row) => row.map((value) => quoted(inert(value))) + "\r\n").join("");
const HEAD = ["story", "title of the story", "headline", "publisher", "time (UTC)", "certainty", "address"];
const tableOf = (docs) => [HEAD, ...docs.map((i) => {
  const [story, title, sure] = STORY[i] === NONE ? ["", "", ""]
    : [STORY[i].number, STORY[i].title, ASSIGNED.has(i) ? "assigned" : (H.certainty[i] / 100).toFixed(2)];
  return [story, title, TITLE[i], publisher(i), iso(H.minute[i]), sure, ADDRESS[i]];
})];
const shownDocs = () => [...shown.order, NONE].flatMap(passing);
function say(text) {
  $("#status").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { $("#status").textContent = statusText(); }, 4000);
}
const copy = (text, done) => navigator.clipboard.writeText(text).then(() => say(done),
  () => say("The browser does not let this page copy: use Save CSV"));
function save(name, text) {
  const link = el("a", {href: URL.createObjectURL(new Blob([text], {type: "text/csv"})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 9000);
}

/* What the controls do. */
function tab(name) {
  for (const one of $$("[data-tab]")) one.setAttribute("aria-pressed", String(one.dataset.tab === name));
  $(".explorer").classList.toggle("map", name === "map");
  drawSoon(true);
}
function toTop() { // the bar itself sticks, so that it is always in view
  scrollTo({top: $(".explorer").getBoundingClientRect().top + scrollY - $(".bar").offsetHeight, behavior: "instant"});
}
function hover(wanted) {
  if (shown.hover === wanted) return;
  rows.get(shown.hover)?.classList.remove("lit");
  shown.hover = wanted;
  rows.get(wanted)?.classList.add("lit");
  drawSoon();
}
function wire() {
  const on = (selector, what, act) => $$(selector).forEach((one) => { one[what] = act; });
  const change = (selector, act) => on(selector, "onchange", ({target: {id, value}}) => { act(value, id); update(); });
  const click = (selector, act) => on(selector, "onclick", (event) => act(event.currentTarget));
  let typed;
  on("#q", "oninput", ({target}) => {
    clearTimeout(typed);
    typed = setTimeout(() => { shown.query = target.value; update(); }, N > 9000 ? 140 : 50);
  });
  on(".bar", "onsubmit", (event) => event.preventDefault());
  $("#publisher")?.append(...D.publishers.map((name, k) => [name, k]).sort(([a], [b]) => a.localeCompare(b))
    .map(([name, k]) => el("option", {value: k, textContent: name, dir: "auto"})));
  on("#from, #to", "min", isoDay(days.first));
  on("#from, #to", "max", isoDay(days.last));
  change("#publisher", (value) => { shown.publisher = value === "" ? -1 : +value; });
  change("#topic", (value) => { shown.topic = value === "" ? null : +value; });
  change("#sort", (value) => { shown.sort = value; });
  change("#from, #to", (value, end) => {
    const day = value ? Date.parse(value) / 864e5 : NaN, isInside = end === "from" ? day > days.first : day < days.last;
    shown[end] = isInside ? day : null;
  });
  click("#only", () => { shown.only = !shown.only; update(); });
  click("#more", () => {
    const next = shown.order[shown.limit];
    shown.limit += 100;
    render();
    $("h3 button", rowOf(next)).focus({preventScroll: true});
  });
  click("#copy", () => copy(asTsv(tableOf(shownDocs())), `${count(shownDocs().length, "headline")} copied`));
  click("#save", () => save(`${D.name}-${shown.filtered ? "selection" : "stories"}.csv`, asCsv(tableOf(shownDocs()))));
  click("#copycommand", () => copy($("#command").textContent, "Command copied"));
  click("[data-topic], [data-publisher]", ({dataset: {topic, publisher: by}}) => {
    Object.assign(shown, topic ? {topic: +topic} : {publisher: +by});
    update();
    toTop();
    $("#stories").focus({preventScroll: true});
  });
  click(".toggle", (one) => {
    one.setAttribute("aria-expanded", String($(".bar").classList.toggle("show")));
    drawSoon(true);
  });
  click("[data-tab]", ({dataset}) => { tab(dataset.tab); toTop(); });
  const over = ({target, pointerType}) => pointerType !== "touch" && hover(+target.closest(".story")?.dataset.number);
  for (const name of ["pointerover", "focusin"]) list.addEventListener(name, over);
  for (const name of ["pointerleave", "focusout"]) list.addEventListener(name, () => hover(null));
  addEventListener("popstate", route);
  addEventListener("keydown", (event) => {
    const {key, target} = event, isField = target.matches("input, select, textarea");
    if (key === "/" && !isField && !event.ctrlKey) { event.preventDefault(); toTop(); $("#q").select(); }
    if (key !== "Escape") return;
    if (target.id === "q") { shown.query = ""; update(); }
    else if (!isField && shown.open !== null) {
      const row = rows.get(shown.open);
      go(null);
      $("h3 button", row).focus({preventScroll: true});
    }
  });
}

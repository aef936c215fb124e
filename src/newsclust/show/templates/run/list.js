/* The list of stories, the story that is open, links, copies, and what the controls do. */
const list = $("#list"), rows = new Map(), page = () => isPhone() ? 15 : 30, view = {by: "time", summaries: false};
const idOf = (story) => `story-${story.number < 0 ? "none" : story.number}`;
const button = (text, act, given = {}) => el("button", {type: "button", textContent: text, onclick: act, ...given});
const told = (i, text = TITLE[i], terms = []) => el("span", {dir: "auto", lang: language(i)}, ...marked(text, terms));
const passing = (story) => shown.filtered ? story.docs.filter((i) => pass[i]) : story.docs;

function rowOf(story) {
  if (rows.has(story.number)) return rows.get(story.number);
  const facts = el("div", {className: "facts"}), fact = (text, name = "") => el("span", {className: name, textContent: text});
  if (story !== NONE) {
    facts.append(fact(`#${story.number}`, "no"), " ");
    if (D.time) facts.append(fact(saidSpan(story.from, story.to), "when"));
    if (story.publishers) facts.append(fact(count(story.publishers, "publisher")));
    if (story.first >= 0 && publisher(story.first)) facts.append(fact(`first ${publisher(story.first)}`));
  }
  const title = button(story.title, () => go(shown.open === story.number ? null : story.number));
  Object.assign(title, {dir: "auto", lang: story.docs.length && story !== NONE ? language(story.docs[0]) : "en"});
  title.setAttribute("aria-expanded", "false");
  const keywords = el("p", {className: "kw"}, el("span", {dir: "auto", textContent: story.keywords}));
  if (story.mark) keywords.prepend(el("span", {className: "badge", textContent: markOf(story)}));
  const row = el("li", {className: story === NONE ? "story none" : "story", id: idOf(story)},
    el("div", {className: "row"}, el("span", {className: "size"}), el("div", {}, el("h3", {}, title), keywords), facts));
  row.dataset.number = story.number;
  rows.set(story.number, row);
  watcher.observe(row);
  return row;
}
function render() {
  shown.order = STORIES.filter((story) => !shown.filtered || story.hits);
  shown.order.sort((a, b) => SORTS[shown.sort](a, b) || b.size - a.size || a.number - b.number);
  const open = BY_NUMBER.get(shown.open), wanted = shown.order.slice(0, shown.limit);
  if (open && open !== NONE && !wanted.includes(open)) wanted.unshift(open);
  const rest = shown.order.length - shown.limit;
  if (NONE.size && (rest <= 0 && (!shown.filtered || NONE.hits) || open === NONE)) wanted.push(NONE);
  const now = wanted.map((story) => {
    const row = rowOf(story), size = $(".size", row);
    size.textContent = (shown.filtered ? story.hits : story.size).toLocaleString("en");
    if (shown.filtered && story.hits < story.size) size.append(el("small", {textContent: `of ${story.size.toLocaleString("en")}`}));
    showHits(row, story);
    return row;
  });
  if (now.length !== list.children.length || now.some((row, k) => row !== list.children[k])) list.replaceChildren(...now);
  $("#more").hidden = rest <= 0;
  $("#more").textContent = `Show ${Math.min(100, rest)} more of ${count(shown.order.length, "story", "stories")}`;
  $("#status").textContent = statusText();
  showChips();
  if (open) showPanel(open);
}
function statusText() {
  const stories = count(shown.order.length, "story", "stories");
  if (!shown.filtered) return stories;
  const none = NONE.hits ? `, ${count(NONE.hits, "headline")} in none` : "";
  if (!shown.order.length) return none ? `No story${none}` : "Nothing matches: take a filter away or shorten a word";
  return `${stories}, ${count(shown.passing - NONE.hits, "headline")}${none}`;
}
/* Under a story that was found the two headlines that match best, so that one sees why it is there. */
function showHits(row, story) {
  $(".hits", row)?.remove();
  if (!shown.terms.length || story.number === shown.open) return;
  const best = passing(story).sort((a, b) => rank[b] - rank[a]).slice(0, 2).map((i) => {
    const item = el("li", {}, told(i, TITLE[i], shown.terms));
    const term = SUMMARY && shown.terms.find((one) => !weightIn(fold(TITLE[i]), one));
    if (!term) return item;
    const start = Math.max(0, fold(SUMMARY[i]).indexOf(term.text) - 50);
    item.append(" … ", told(i, SUMMARY[i].slice(start, start + 110), shown.terms), "…");
    return item;
  });
  $(".kw", row).after(el("ul", {className: "hits"}, ...best));
}
function showChips() {
  const chip = (text, without) => button(`${text} ×`, () => {
    Object.assign(shown, without);
    update();
    $("#q").focus({preventScroll: true});
  }, {"aria-label": `Remove filter: ${text}`});
  const chips = [];
  if (shown.query.trim()) chips.push(chip(/["“”„]/.test(shown.query) ? shown.query.trim() : `“${shown.query.trim()}”`, {query: ""}));
  if (shown.publisher >= 0) chips.push(chip(D.publishers[shown.publisher], {publisher: -1}));
  if (shown.topic !== null) chips.push(chip(shown.topic < 0 ? "in no topic" : D.topics[shown.topic].keywords, {topic: null}));
  if (shown.from !== null || shown.to !== null) {
    const [from, to] = [shown.from ?? days.first, shown.to ?? days.last].map((day) => saidDay(day * DAY));
    chips.push(chip(from === to ? from : `${from} to ${to}`, {from: null, to: null}));
  }
  if (shown.area) chips.push(chip("area on the map", {area: null}));
  if (shown.only) chips.push(chip("what is new", {only: false}));
  $("#chips").replaceChildren(...chips);
}
function update() {
  filter();
  const found = shown.terms.length > 0, sort = $("#sort");
  $("option[value=match]", sort).hidden = !found;
  if (found && shown.sort !== "match" && !update.found) [update.before, shown.sort] = [shown.sort, "match"];
  if (!found && shown.sort === "match") shown.sort = update.before || "size";
  update.found = found;
  sort.value = shown.sort;
  if ($("#q").value !== shown.query) $("#q").value = shown.query;
  if ($("#publisher")) $("#publisher").value = shown.publisher < 0 ? "" : shown.publisher;
  if ($("#topic")) $("#topic").value = shown.topic ?? "";
  if ($("#from")) for (const end of ["from", "to"]) $(`#${end}`).value = isoDay(shown[end] ?? days[end === "from" ? "first" : "last"]);
  $("#only")?.setAttribute("aria-pressed", shown.only);
  shown.limit = page();
  render();
  drawSoon(true);
}
const isoDay = (day) => new Date(day * 864e5).toISOString().slice(0, 10);

/* An opened story: made when it is asked for. */
function showPanel(story) {
  const row = rowOf(story), focused = document.activeElement?.closest(".panel") && document.activeElement.dataset.key;
  $(".panel", row)?.remove();
  $(".hits", row)?.remove();
  row.classList.add("open");
  $("h3 button", row).setAttribute("aria-expanded", "true");
  const panel = el("div", {className: "panel"}), isStory = story !== NONE;
  const docs = isStory ? story.docs.slice() : passing(story).slice();
  if (isStory) panel.append(el("p", {className: "told"}, ...headOf(story)));
  if (story.docs.length < story.size)
    panel.append(el("p", {className: "told", textContent: `This page holds ${story.docs.length.toLocaleString("en")} of its `
      + `${count(story.size, "headline")}, the most certain ones; all of them are in clusters.csv.`}));
  const by = (what, text) => button(text, () => { view.by = what; showPanel(story); },
    {"data-key": `by-${what}`, "aria-pressed": String(view.by === what)});
  const tools = el("div", {className: "tools"});
  if (isStory) tools.append(el("span", {className: "seg", role: "group", "aria-label": "Order"}, by("time", "By time"), by("sure", "By certainty")));
  if (SUMMARY) tools.append(button("Summaries", () => { view.summaries = !view.summaries; showPanel(story); },
    {"data-key": "summaries", "aria-pressed": String(view.summaries)}));
  tools.append(button("Copy as table", () => copy(asTsv(tableOf(docs)), `${count(docs.length, "headline")} copied`)));
  tools.append(button("Copy link", () => copy(`${location.href.split("#")[0]}#${idOf(story)}`, "Link copied")));
  panel.append(tools);
  if (isStory && view.by === "sure") docs.sort((a, b) => H.certainty[b] - H.certainty[a] || (H.minute[a] ?? 0) - (H.minute[b] ?? 0));
  panel.append(headsOf(story, docs));
  if (isStory) panel.append(...aroundOf(story));
  row.append(panel);
  if (focused) $(`[data-key="${focused}"]`, panel)?.focus({preventScroll: true});
}
function headOf(story) {
  const parts = [`Story ${story.number}. `];
  if (story.first >= 0) {
    const by = publisher(story.first);
    parts.push("First: ", el("b", {textContent: by || TITLE[story.first]}), `, ${saidTime(H.minute[story.first])}${withClock ? " UTC" : ""}. `);
  }
  parts.push(count(story.size, "headline"));
  if (story.publishers) parts.push(` by ${count(story.publishers, "publisher")}`);
  if (story.reports) parts.push(story.reports < story.size
    ? `, ${count(story.reports, "independent report")} (${count(story.size - story.reports, "near-copy", "near-copies")} folded)`
    : ", no near-copies");
  return [...parts, story.mark ? `; ${markOf(story)}.` : "."];
}
function headsOf(story, docs) {
  const copies = new Map(), held = new Set(docs);
  const leaders = docs.filter((i) => {
    const leader = COPY.get(i);
    if (!held.has(leader)) return true;
    copies.set(leader, [...(copies.get(leader) || []), i]);
    return false;
  });
  const heads = el("ol", {className: "heads", "aria-label": "Headlines"});
  const put = (from, to) => leaders.slice(from, to).forEach((i) => {
    const item = headOfOne(i, story);
    heads.append(item);
    if (!copies.has(i)) return;
    const fold = button(count(copies.get(i).length, "near-copy", "near-copies"), () => {
      const isOpen = fold.getAttribute("aria-expanded") === "true";
      fold.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) fold.copies.forEach((copied) => copied.remove());
      else item.after(...fold.copies = copies.get(i).map((j) => headOfOne(j, story, "copy")));
    }, {"aria-expanded": "false"});
    $(".p", item).after(fold);
  });
  put(0, 200);
  if (leaders.length > 200) {
    const more = el("li", {}, el("span"), button(`Show ${leaders.length - 200} more`, () => { more.remove(); put(200); }));
    heads.append(more);
  }
  return heads;
}
function headOfOne(i, story, kind = "") {
  const address = URL_OF[i], text = told(i, TITLE[i], shown.terms);
  const head = address ? el("a", {className: "h", href: address, target: "_blank", rel: "noopener noreferrer"}, text)
    : el("span", {className: "h"}, text);
  const body = el("div", {className: "x"}, head, " ", el("span", {className: "p", textContent: publisher(i), dir: "auto"}));
  const why = SUMMARY && SUMMARY[i] && (view.summaries || shown.terms.some((term) => !weightIn(fold(TITLE[i]), term)));
  if (why) body.append(el("span", {className: "s", dir: "auto", lang: language(i)}, ...marked(SUMMARY[i], shown.terms)));
  const isGiven = ASSIGNED.has(i), sure = el("span", {className: "c", textContent: isGiven ? "assigned" : `${H.certainty[i]} %`,
    title: isGiven ? `HDBSCAN left it as noise; ${H.certainty[i]} % of its neighbours' votes are for this story` : "certainty"});
  const item = el("li", {className: shown.filtered && !pass[i] ? `${kind} out` : kind,
    onmouseenter: () => { shown.dot = i; drawSoon(); }, onmouseleave: () => { shown.dot = null; drawSoon(); }},
  el("time", {className: "t", dateTime: iso(H.minute[i]), textContent: saidTime(H.minute[i])}), body);
  item.append(story === NONE ? "" : sure);
  return item;
}
function aroundOf(story) {
  const parts = [];
  const linkTo = (number) => el("a", {href: `#story-${number}`, dir: "auto", textContent: BY_NUMBER.get(number).title});
  const near = story.near.filter(([number]) => BY_NUMBER.has(number));
  if (near.length) parts.push(el("p", {className: "aside"}, "Near: ",
    ...near.flatMap(([number, alike], k) => [k ? "; " : "", linkTo(number), ` (${alike.toFixed(2)})`]), "."));
  const about = el("p", {className: "aside"});
  if (story.doubt === "twice") about.append("Doubt: as near to ", linkTo(story.rival), " as to itself, probably one event in two stories. ");
  if (story.doubt === "loose") about.append("Doubt: its headlines are not much alike, probably several events in one. ");
  if (story.separation !== null && story.separation !== undefined)
    about.append(`Stands apart by ${story.separation.toFixed(2)}: alike ${story.own.toFixed(2)}, like the next story ${story.next.toFixed(2)}. `);
  about.append(story.topic >= 0 ? `Topic: ${D.topics[story.topic].keywords}.` : "In no topic.");
  return [...parts, about];
}
function open(number, focus = true) {
  const before = BY_NUMBER.get(shown.open), story = BY_NUMBER.get(number);
  const top = story && rows.get(number)?.isConnected ? rows.get(number).getBoundingClientRect().top : null;
  shown.open = number;
  if (before) {
    const row = rowOf(before);
    $(".panel", row)?.remove();
    row.classList.remove("open");
    $("h3 button", row).setAttribute("aria-expanded", "false");
    showHits(row, before);
  }
  if (!story) return drawSoon();
  if (rows.get(number)?.isConnected) showPanel(story);
  else render();
  if (isPhone()) tab("list");
  const row = rowOf(story);
  if (focus) $("h3 button", row).focus({preventScroll: true});
  // What was clicked stays under the finger; what comes from elsewhere is brought into view.
  if (top !== null && top > 80 && top < innerHeight * .8) scrollBy({top: row.getBoundingClientRect().top - top, behavior: "instant"});
  else row.scrollIntoView({block: "start", behavior: "instant"});
  drawSoon();
}

/* Links to a story, and the back button. */
function route() {
  const [, name] = /^#story-(none|-?\d+)$/.exec(decodeURIComponent(location.hash)) || [], notice = $("#notice");
  const number = name === undefined ? null : name === "none" ? -1 : +name;
  notice.hidden = number === null || BY_NUMBER.has(number);
  if (!notice.hidden) {
    notice.textContent = `There is no story ${name} here, but ${count(STORIES.length, "story", "stories")} `
      + `of other numbers. The link may be of another run.`;
    scrollTo(0, 0);
  }
  open(BY_NUMBER.has(number) ? number : null);
}
function go(number) {
  history.pushState(null, "", number === null ? location.pathname + location.search : `#${idOf(BY_NUMBER.get(number))}`);
  route();
}

/* Copies and files. A cell that a spreadsheet would compute is text there. */
const inert = (value) => /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
const asTsv = (table) => table.map((row) => row.map((value) => inert(value).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
const asCsv = (table) => "\ufeff" + table.map((row) => row.map((value) =>
  /[",\r\n]/.test(inert(value)) ? `"${inert(value).replace(/"/g, '""')}"` : inert(value)).join(",")).join("\r\n") + "\r\n";
const tableOf = (docs) => [["story", "title of the story", "headline", "publisher", "time (UTC)", "certainty", "address"],
  ...docs.map((i) => {
    const story = STORY[i], isStory = story !== NONE;
    return [isStory ? story.number : "", isStory ? story.title : "", TITLE[i], publisher(i), iso(H.minute[i]),
      !isStory ? "" : ASSIGNED.has(i) ? "assigned" : (H.certainty[i] / 100).toFixed(2), URL_OF[i]];
  })];
const shownDocs = () => [...shown.order, NONE].flatMap(passing);
function say(text) {
  $("#status").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { $("#status").textContent = statusText(); }, 4000);
}
async function copy(text, done) {
  try { await navigator.clipboard.writeText(text); return say(done); } catch { /* as in a file: another way below */ }
  const area = el("textarea", {value: text, readOnly: true, className: "vh"}), back = document.activeElement;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  back?.focus({preventScroll: true});
  if (isCopied) return say(done);
  $("#hand textarea").value = text;
  $("#hand").showModal();
  $("#hand textarea").select();
}
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
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](+entry.target.dataset.number);
  if (scrolled()) drawSoon();
}, {rootMargin: "-110px 0px -10px"});
const inView = new Set(), scrolled = () => list.getBoundingClientRect().top < -120;
const toTop = () => scrollTo({top: $(".explorer").getBoundingClientRect().top + scrollY - $(".bar").offsetHeight, behavior: "instant"});
function hover(number) {
  if (shown.hover === number) return;
  rows.get(shown.hover)?.classList.remove("lit");
  shown.hover = number;
  rows.get(number)?.classList.add("lit");
  drawSoon();
}
function wire() {
  let typed;
  $("#q").oninput = () => { clearTimeout(typed); typed = setTimeout(() => { shown.query = $("#q").value; update(); }, N > 9000 ? 140 : 50); };
  $(".bar").onsubmit = (event) => event.preventDefault();
  const on = (selector, what, act) => $$(selector).forEach((one) => { one[what] = act; });
  if ($("#publisher")) $("#publisher").append(...D.publishers.map((name, k) => [name, k]).sort((a, b) => a[0].localeCompare(b[0]))
    .map(([name, k]) => el("option", {value: k, textContent: name, dir: "auto"})));
  on("#publisher", "onchange", (event) => { shown.publisher = event.target.value === "" ? -1 : +event.target.value; update(); });
  on("#topic", "onchange", (event) => { shown.topic = event.target.value === "" ? null : +event.target.value; update(); });
  on("#sort", "onchange", (event) => { shown.sort = event.target.value; render(); drawSoon(); });
  on("#from, #to", "onchange", (event) => {
    const day = event.target.value ? Date.parse(event.target.value) / 864e5 : null, end = event.target.id;
    shown[end] = day === null || (end === "from" ? day <= days.first : day >= days.last) ? null : day;
    update();
  });
  on("#from, #to", "min", isoDay(days.first));
  on("#from, #to", "max", isoDay(days.last));
  on("#only", "onclick", () => { shown.only = !shown.only; if (shown.only) shown.sort = "news"; update(); });
  on("#more", "onclick", () => {
    const next = shown.order[shown.limit];
    shown.limit += 100;
    render();
    $("h3 button", rowOf(next)).focus({preventScroll: true});
  });
  on("#copy", "onclick", () => { const docs = shownDocs(); copy(asTsv(tableOf(docs)), `${count(docs.length, "headline")} copied`); });
  on("#save", "onclick", () => save(`${D.name}-${shown.filtered ? "selection" : "stories"}.csv`, asCsv(tableOf(shownDocs()))));
  on("#copycommand", "onclick", () => copy($("#command").textContent, "Command copied"));
  on("#hand button", "onclick", () => $("#hand").close());
  on("[data-topic]", "onclick", (event) => { shown.topic = +event.currentTarget.dataset.topic; update(); toTop(); $("#stories").focus({preventScroll: true}); });
  on(".toggle", "onclick", (event) => { event.target.setAttribute("aria-expanded", String($(".bar").classList.toggle("show"))); drawSoon(true); });
  on("[data-tab]", "onclick", (event) => { tab(event.target.dataset.tab); toTop(); });
  list.addEventListener("pointerover", (event) => event.pointerType !== "touch" && hover(numberAt(event.target)));
  list.addEventListener("pointerleave", () => hover(null));
  list.addEventListener("focusin", (event) => event.target.matches("h3 button:focus-visible") && hover(numberAt(event.target)));
  list.addEventListener("focusout", () => hover(null));
  addEventListener("popstate", route);
  addEventListener("keydown", (event) => {
    const isField = event.target.matches("input, select, textarea");
    if (event.key === "/" && !isField && !event.ctrlKey && !event.metaKey) { event.preventDefault(); toTop(); $("#q").focus(); $("#q").select(); }
    if (event.key === "Escape" && event.target === $("#q")) { shown.query = ""; update(); }
    else if (event.key === "Escape" && !isField && !$("#hand").open && shown.open !== null) {
      const row = rows.get(shown.open);
      go(null);
      $("h3 button", row).focus({preventScroll: true});
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step || !event.target.matches(".story h3 button")) return;
    const all = $$(".story h3 button", list), next = all[all.indexOf(event.target) + step];
    if (next) { event.preventDefault(); next.focus(); next.scrollIntoView({block: "nearest"}); }
  });
}
const numberAt = (element) => {
  const row = element.closest(".story");
  return row ? +row.dataset.number : null;
};

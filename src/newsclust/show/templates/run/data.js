"use strict";
/* What the page holds, in arrays; search; and what is shown at the moment. list.js and map.js draw it. */
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const el = (tag, given = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const name in given) name in made ? made[name] = given[name] : made.setAttribute(name, given[name]);
  made.append(...inside);
  return made;
};
const count = (n, word, words = word + "s") => `${n.toLocaleString("en")} ${n === 1 ? word : words}`;
const isPhone = () => innerWidth <= 900;

/* Times are minutes since 1970, in UTC. */
const DAY = 1440, MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const at = (minute) => new Date(minute * 60000);
const iso = (minute) => minute === null ? "" : at(minute).toISOString().slice(0, 16) + "Z";
let withYears = false, withClock = false;
const saidDay = (minute) => {
  const day = at(minute);
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}${withYears ? ` ${day.getUTCFullYear()}` : ""}`;
};
const saidTime = (minute) => minute === null ? "undated" : saidDay(minute) + (withClock ? ` ${iso(minute).slice(11, 16)}` : "");
const saidSpan = (first, last) => {
  if (first === null) return "undated";
  const [one, two] = [saidDay(first), saidDay(last)];
  if (one === two) return one;
  return iso(first).slice(0, 7) === iso(last).slice(0, 7) ? `${at(first).getUTCDate()}–${two}` : `${one} – ${two}`;
};

/* The data: columns of headlines, and stories that know theirs. */
let D, H, N, TITLE, SUMMARY, URL_OF, STORIES, NONE, STORY, COPY, ASSIGNED, FRESH;
const BY_NUMBER = new Map();
async function unpack() {
  const bytes = Uint8Array.from(atob($("#data").textContent.trim()), (letter) => letter.charCodeAt(0));
  const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  D = JSON.parse(await text);
  H = D.headlines;
  N = H.n;
  [TITLE, URL_OF] = [H.title.split("\n"), H.url.split("\n")];
  SUMMARY = H.summary ? H.summary.split("\n") : null;
  STORIES = D.stories.number.map((number, place) => {
    const story = {};
    for (const name in D.stories) story[name] = D.stories[name][place];
    return Object.assign(story, {docs: [], label: labelOf(story)});
  });
  NONE = {number: -1, title: "In no story", keywords: "headlines that stand alone, or are too few to be a story", topic: -2,
    mark: null, near: [], first: -1, docs: [], size: D.n_alone};
  STORY = H.story.map((place) => place < 0 ? NONE : STORIES[place]);
  STORY.forEach((story, i) => story.docs.push(i));
  for (const story of [...STORIES, NONE]) {
    BY_NUMBER.set(story.number, story);
    story.docs.sort((a, b) => (H.minute[a] ?? Infinity) - (H.minute[b] ?? Infinity) || a - b);
    const dated = story.docs.filter((i) => H.minute[i] !== null);
    story.from = dated.length ? H.minute[dated[0]] : null;
    story.to = dated.length ? H.minute[dated[dated.length - 1]] : null;
  }
  COPY = new Map(H.copies);
  ASSIGNED = new Set(H.assigned);
  const fresh = H.fresh && new Set(H.fresh);
  const since = D.time ? D.time.since : Infinity;
  FRESH = STORY.map((story, i) => fresh ? fresh.has(i)
    : story.mark !== null && (["new", "split"].includes(story.mark[0]) || (H.minute[i] ?? -1) >= since));
  if (D.time) {
    withYears = iso(D.time.first).slice(0, 4) !== iso(D.time.last).slice(0, 4);
    withClock = H.minute.some((minute) => minute !== null && minute % DAY);
  }
  Object.assign(days, D.time ? {first: Math.floor(D.time.first / DAY), last: Math.floor(D.time.last / DAY)} : {});
}
const days = {first: 0, last: 0};
const publisher = (i) => H.publisher[i] < 0 ? "" : D.publishers[H.publisher[i]];
const language = (i) => H.languages[H.language[i] ?? 0] || "";
const labelOf = (story) => story.title.length < 26 ? story.title
  : story.keywords.split(", ").slice(0, 2).join(", ") || cut(story.title, 26);
const cut = (text, most) => text.length <= most ? text : text.slice(0, most).replace(/\s+\S*$/, "") + "…";
const MARKS = {new: () => "new", split: (n) => `split off #${n}`, merged: (n) => `took in #${n}`,
  back: (n) => `back after ${count(n, "day")}`, grew: (n) => `grew by ${n}`, joined: (n) => `${n} new`,
  emerging: () => "emerging"};
const markOf = (story) => MARKS[story.mark[0]](story.mark[1]);

/* Search: words from their start, "phrases", the best match first. Accents, and what is left out in writing Arabic or
   Hebrew, do not count; Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces and match anywhere. */
const fold = (text) => text.toLowerCase().normalize("NFD")
  .replace(/[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]/g, "").replace(/[\u2018\u2019]/g, "'");
const LETTER = /[\p{L}\p{N}]/u, UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;
const ARTICLE = /(?:^|[^\u0621-\u064a])(?:[وفبك]?ال|لل|[وفبلك])$/;
function termsOf(query) {
  const found = [];
  for (const [all, phrase, end] of fold(query.replace(/[“”„«»]/g, '"')).matchAll(/"([^"]*)("?)|[^\s"]+/g)) {
    const text = (phrase ?? all).trim().replace(/\s+/g, " ");
    if (LETTER.test(text)) found.push({text, whole: end === '"', anywhere: UNSPACED.test(text)});
  }
  return found;
}
/* How much of its word a term is when found at a place of a text, squared: all of AI, a sixteenth of Airlines. */
function weightAt(text, place, term) {
  const end = place + term.text.length;
  if (term.anywhere) return 1;
  if (place && LETTER.test(text[place - 1]) && LETTER.test(term.text[0]) && !ARTICLE.test(text.slice(Math.max(0, place - 5), place)))
    return 0;
  let stop = end;
  while (stop < text.length && LETTER.test(text[stop])) stop++;
  if (term.whole && stop > end) return 0;
  return (term.text.length / (stop - place)) ** 2;
}
const weightIn = (text, term) => {
  let best = 0;
  for (let place = text.indexOf(term.text); place >= 0; place = text.indexOf(term.text, place + 1))
    best = Math.max(best, weightAt(text, place, term));
  return best;
};
let folded = null; // all texts in one, made at the first search
function matches(terms) {
  folded ??= [[TITLE, 1], ...(SUMMARY ? [[SUMMARY, 1 / 3]] : [])].map(([texts, share]) => [fold(texts.join("\n")), share]);
  const rank = new Float32Array(N).fill(terms.length ? 0 : 1);
  terms.forEach((term, nth) => {
    const found = new Float32Array(N);
    for (const [text, share] of folded) {
      let i = 0, end = text.indexOf("\n");
      for (let place = text.indexOf(term.text); place >= 0; place = text.indexOf(term.text, place + 1)) {
        while (end >= 0 && end < place) [i, end] = [i + 1, text.indexOf("\n", end + 1)];
        found[i] = Math.max(found[i], share * weightAt(text, place, term));
      }
    }
    for (let i = 0; i < N; i++) rank[i] = found[i] && (nth === 0 || rank[i]) ? rank[i] + found[i] : 0;
  });
  return rank;
}
/* The text with its matches marked. */
function marked(text, terms) {
  if (!terms.length) return [text];
  let plain = "";
  const from = [];
  [...text].reduce((start, letter) => {
    for (const unit of fold(letter)) { plain += unit; for (let k = 0; k < unit.length; k++) from.push(start); }
    return start + letter.length;
  }, 0);
  from.push(text.length);
  const cuts = [];
  for (const term of terms)
    for (let place = plain.indexOf(term.text); place >= 0; place = plain.indexOf(term.text, place + 1))
      if (weightAt(plain, place, term)) cuts.push([from[place], from[place + term.text.length]]);
  const parts = [];
  let done = 0;
  for (const [start, end] of cuts.sort((a, b) => a[0] - b[0])) {
    if (start < done) continue;
    parts.push(text.slice(done, start), el("mark", {textContent: text.slice(start, end)}));
    done = end;
  }
  return [...parts, text.slice(done)];
}

/* What is shown: one state, which search, filters, map and list share. */
const shown = {query: "", terms: [], publisher: -1, topic: null, from: null, to: null, area: null, only: false, sort: "size",
  open: null, hover: null, dot: null, limit: 30, filtered: false, passing: 0, order: []};
let pass, rank, perDay, perDayAll;
function inside(area, x, y) { // even-odd, for the closed line through the points of the lasso
  let odd = false;
  for (let i = 0, j = area.length - 1; i < area.length; j = i++) {
    const [[a, b], [c, d]] = [area[i], area[j]];
    if (b > y !== d > y && x < (c - a) * (y - b) / (d - b) + a) odd = !odd;
  }
  return odd;
}
function filter() {
  const asked = /^\s*(?:#|#?story[- ]?)(\d+)\s*$/i.exec(shown.query), number = asked ? +asked[1] : null;
  shown.terms = asked ? [] : termsOf(shown.query);
  const {terms, from, to, area} = shown;
  shown.filtered = Boolean(asked || terms.length || shown.publisher >= 0 || shown.topic !== null || from !== null
    || to !== null || area || shown.only);
  rank = terms.length ? matches(terms) : null;
  pass = new Uint8Array(N);
  perDay = new Uint32Array(days.last - days.first + 1);
  shown.passing = 0;
  for (const story of [...STORIES, NONE]) story.hits = story.score = 0;
  for (let i = 0; i < N; i++) {
    const story = STORY[i], minute = H.minute[i];
    if (shown.publisher >= 0 && H.publisher[i] !== shown.publisher || shown.topic !== null && story.topic !== shown.topic
      || shown.only && !story.mark || number !== null && story.number !== number || rank && !rank[i]
      || area && !inside(area, H.x[i], H.y[i])) continue;
    const day = minute === null ? null : Math.floor(minute / DAY);
    if (day !== null && day >= days.first && day <= days.last) perDay[day - days.first]++;
    if ((from !== null || to !== null) && (day === null || day < (from ?? -Infinity) || day > (to ?? Infinity))) continue;
    pass[i] = 1;
    shown.passing++;
    story.hits++;
    if (rank) story.score += rank[i];
  }
  if (terms.length)
    for (const story of STORIES)
      if (story.hits) {
        const told = fold(`${story.title} | ${story.keywords}`);
        story.score = story.score / terms.length / Math.sqrt(story.docs.length)
          + terms.reduce((sum, term) => sum + weightIn(told, term), 0) / terms.length;
      }
  perDayAll ??= perDay;
}
const KINDS = ["emerging", "new", "split", "merged", "back", "joined", "grew"];
const news = (story) => story.mark ? KINDS.indexOf(story.mark[0]) : 9;
const SORTS = {
  match: (a, b) => b.score - a.score,
  size: (a, b) => shown.filtered ? b.hits - a.hits : b.size - a.size,
  news: (a, b) => news(a) - news(b) || (a.mark ? 0 : b.to - a.to),
  late: (a, b) => b.to - a.to,
  early: (a, b) => (a.from ?? Infinity) - (b.from ?? Infinity),
  topic: (a, b) => (a.topic < 0 ? 1e9 : a.topic) - (b.topic < 0 ? 1e9 : b.topic),
  doubt: (a, b) => (a.separation ?? 9) - (b.separation ?? 9),
  title: (a, b) => a.title.localeCompare(b.title, "en", {numeric: true, ignorePunctuation: true}),
};

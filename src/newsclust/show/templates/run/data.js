"use strict";
/* The page's data, in arrays; search; and the state of what is shown. list.js and map.js draw it. */
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const el = (tag, given = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const name in given) name in made ? made[name] = given[name] : made.setAttribute(name, given[name]);
  made.append(...inside);
  return made;
};
const number = (n) => n.toLocaleString("en");
const count = (n, word, words = word + "s") => `${number(n)} ${n === 1 ? word : words}`;
const cut = (text, most) => text.length <= most ? text : text.slice(0, most).replace(/\s+\S*$/, "") + "…";

/* Times are minutes since 1970, in UTC. */
const DAY = 1440, MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" "), days = {first: 0, last: 0};
const iso = (minute) => minute === null ? "" : new Date(minute * 60000).toISOString().slice(0, 16) + "Z";
const isoDay = (day) => iso(day * DAY).slice(0, 10);
let withYears = false, withClock = false;
const saidDay = (minute) => {
  const [year, month, day] = iso(minute).slice(0, 10).split("-");
  return `${+day} ${MONTHS[month - 1]}${withYears ? ` ${year}` : ""}`;
};
const saidTime = (minute) => minute === null ? "undated"
  : saidDay(minute) + (withClock ? ` ${iso(minute).slice(11, 16)}` : "");
const saidSpan = (first, last) => {
  if (first === null) return "undated";
  const [one, two] = [saidDay(first), saidDay(last)];
  if (one === two) return one;
  if (iso(first).slice(0, 7) === iso(last).slice(0, 7)) return `${parseInt(one)}–${two}`;
  return `${iso(first).slice(0, 4) === iso(last).slice(0, 4) ? one.replace(/ \d{4}$/, "") : one} – ${two}`;
};

/* The data: columns of headlines, and stories with theirs. */
let D, H, N, TITLE, SUMMARY, ADDRESS, STORIES, STORY, COPY, ALSO, ASSIGNED, FRESH;
const BY_NUMBER = new Map(), NONE = {number: -1, title: "In no story", topic: -2, mark: null, near: [], first: -1,
  keywords: "headlines that stand alone, or are too few to be a story"};
async function unpack() {
  const bytes = Uint8Array.from(atob($("#data").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  D = JSON.parse(await new Response(stream).text());
  H = D.headlines;
  N = H.n;
  [TITLE, ADDRESS, SUMMARY] = [H.title.split("\n"), H.url.split("\n"), H.summary ? H.summary.split("\n") : null];
  const names = Object.keys(D.stories);
  STORIES = D.stories.number.map((_, place) => Object.fromEntries(names.map((name) => [name, D.stories[name][place]])));
  NONE.size = D.n_alone;
  for (const story of [...STORIES, NONE]) { BY_NUMBER.set(story.number, story); story.docs = []; }
  STORY = H.story.map((place) => STORIES[place] || NONE);
  STORY.forEach((story, i) => story.docs.push(i));
  for (const story of [...STORIES, NONE]) {
    story.docs.sort((a, b) => (H.minute[a] ?? Infinity) - (H.minute[b] ?? Infinity) || a - b);
    const dated = story.docs.filter((i) => H.minute[i] !== null);
    [story.from, story.to] = [H.minute[dated[0]] ?? null, H.minute[dated.at(-1)] ?? null];
    story.label = story.title.length < 26 ? story.title
      : story.keywords.split(", ").slice(0, 2).join(", ") || cut(story.title, 26);
  }
  [COPY, ALSO, ASSIGNED] = [new Map(H.copies), new Set((H.also || []).map(String)), new Set(H.assigned)];
  const fresh = H.fresh && new Set(H.fresh), since = D.time?.since ?? Infinity;
  FRESH = STORY.map((story, i) => fresh ? fresh.has(i)
    : story.mark && (["new", "split"].includes(story.mark[0]) || H.minute[i] >= since));
  const ends = [...STORIES, NONE].filter((story) => story.from !== null).flatMap(({from, to}) => [from, to]);
  withYears = new Set(ends.map((minute) => iso(minute).slice(0, 4))).size > 1; // also years that D.time leaves out
  if (!D.time) return;
  [days.first, days.last] = [D.time.first, D.time.last].map((minute) => Math.floor(minute / DAY));
  withClock = H.minute.some((minute) => minute % DAY);
}
const publisher = (i) => D.publishers[H.publisher[i]] || "";
const language = (i) => H.languages[H.language[i] ?? 0] || "";
const MARKS = {emerging: () => "emerging", new: () => "new", split: (n) => `split off #${n}`,
  merged: (n) => `took in #${n}`, back: (n) => `back after ${count(n, "day")}`, joined: (n) => `${n} new`,
  grew: (n) => `grew by ${n}`};
const markOf = ({mark: [kind, n]}) => MARKS[kind](n);

/* Search: words from their start, "phrases", the best match first. Accents, and the vowel signs of Arabic and Hebrew,
   do not count; Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces and match anywhere. */
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[’‘]/g, "'")
  .replace(/[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]/g, "");
const LETTER = /[\p{L}\p{N}]/u, UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;
const ARTICLE = /(?:^|[^\u0621-\u064a])(?:[وفبك]?ال|لل|[وفبلك])$/;
function termsOf(query) {
  const found = [];
  for (const [all, phrase, end] of fold(query.replace(/[“”„«»]/g, '"')).matchAll(/"([^"]*)("?)|[^\s"]+/g)) {
    const text = (phrase ?? all).trim().replace(/\s+/g, " ");
    if (LETTER.test(text)) found.push({text, isWhole: end === '"', isAnywhere: UNSPACED.test(text)});
  }
  return found;
}
/* Where a term is in a text, and its share of the word, squared: all of AI, a sixteenth of Airlines. */
function* placesOf({text: term, isWhole, isAnywhere}, text) {
  for (let place = text.indexOf(term); place >= 0; place = text.indexOf(term, place + 1)) {
    const end = place + term.length;
    let stop = end;
    if (!isAnywhere) {
      if (LETTER.test(text[place - 1] ?? " ") && !ARTICLE.test(text.slice(Math.max(0, place - 5), place))) continue;
      while (LETTER.test(text[stop] ?? " ")) stop++;
    }
    if (!isWhole || stop === end) yield [place, (term.length / (stop - place)) ** 2];
  }
}
const weightIn = (text, term) => Math.max(0, ...[...placesOf(term, text)].map(([, weight]) => weight));
const isIn = (text, term) => !placesOf(term, fold(text)).next().done;
let folded = null; // all texts in one, made at the first search
function ranked(terms) {
  folded ??= [[TITLE, 1], [SUMMARY || [], 1 / 3]].map(([texts, share]) => [fold(texts.join("\n")), share]);
  const rank = new Float32Array(N).fill(1);
  for (const term of terms) {
    const found = new Float32Array(N);
    for (const [text, share] of folded) {
      let i = 0, end = text.indexOf("\n");
      for (const [place, weight] of placesOf(term, text)) {
        while (end >= 0 && end < place) [i, end] = [i + 1, text.indexOf("\n", end + 1)];
        found[i] = Math.max(found[i], share * weight);
      }
    }
    for (let i = 0; i < N; i++) rank[i] = found[i] && rank[i] && rank[i] + found[i];
  }
  return rank;
}
/* The text with its matches marked. */
function marked(text, terms) {
  if (!terms.length) return [text];
  const from = [];
  let plain = "", start = 0, done = 0;
  for (const letter of text) {
    for (const unit of fold(letter).split("")) { plain += unit; from.push(start); }
    start += letter.length;
  }
  const cuts = terms.flatMap((term) => [...placesOf(term, plain)].map(([place]) =>
    [from[place], from[place + term.text.length] ?? text.length]));
  const parts = [];
  for (const [first, last] of cuts.sort((a, b) => a[0] - b[0])) {
    if (first < done) continue;
    parts.push(text.slice(done, first), el("mark", {textContent: text.slice(first, last)}));
    done = last;
  }
  return [...parts, text.slice(done)];
}

/* The state of what is shown, which search, filters, map and list share. */
const shown = {query: "", terms: [], publisher: -1, topic: null, from: null, to: null, area: null, only: false,
  sort: "size", open: null, hover: null, dot: null, limit: 30, filtered: false, passing: 0, order: []};
let pass, rank, perDay, perDayAll;
function inside(area, x, y) { // even-odd, for the closed line of the lasso
  return area.reduce((odd, [a, b], k) => {
    const [c, d] = area.at(k - 1);
    return b > y !== d > y && x < (c - a) * (y - b) / (d - b) + a ? !odd : odd;
  }, false);
}
function filter() {
  const asked = /^\s*(?:#|#?story[- ]?)(\d+)\s*$/i.exec(shown.query), wanted = asked && +asked[1];
  shown.terms = asked ? [] : termsOf(shown.query);
  const {terms, from, to, area, only, topic, publisher: by} = shown, inDays = from !== null || to !== null;
  shown.filtered = Boolean(asked || terms.length || by >= 0 || topic !== null || inDays || area || only);
  rank = terms.length ? ranked(terms) : null;
  [pass, perDay, shown.passing] = [new Uint8Array(N), new Uint32Array(days.last - days.first + 1), 0];
  for (const story of [...STORIES, NONE]) story.hits = story.score = 0;
  for (let i = 0; i < N; i++) {
    const story = STORY[i], day = H.minute[i] === null ? NaN : Math.floor(H.minute[i] / DAY);
    if (by >= 0 && H.publisher[i] !== by && !ALSO.has(`${i},${by}`) || topic !== null && story.topic !== topic || only && !story.mark
      || asked && story.number !== wanted || rank && !rank[i] || area && !inside(area, H.x[i], H.y[i])) continue;
    if (day >= days.first && day <= days.last) perDay[day - days.first]++;
    if (inDays && !(day >= (from ?? -Infinity) && day <= (to ?? Infinity))) continue;
    pass[i] = 1;
    shown.passing++;
    story.hits++;
    if (rank) story.score += rank[i] - 1;
  }
  for (const story of terms.length ? STORIES.filter((one) => one.hits) : []) {
    const told = fold(`${story.title} | ${story.keywords}`);
    story.score /= Math.sqrt(story.docs.length);
    for (const term of terms) story.score += weightIn(told, term);
  }
  perDayAll ??= perDay;
}
const passing = (story) => shown.filtered ? story.docs.filter((i) => pass[i]) : story.docs;
const newsOf = ({mark}) => mark ? Object.keys(MARKS).indexOf(mark[0]) : 9;
const SORTS = {
  match: (a, b) => b.score - a.score,
  reliable: (a, b) => (a.reliability ?? 2) - (b.reliability ?? 2),
  size: (a, b) => shown.filtered ? b.hits - a.hits : b.size - a.size,
  news: (a, b) => newsOf(a) - newsOf(b),
  late: (a, b) => b.to - a.to,
  early: (a, b) => (a.from ?? Infinity) - (b.from ?? Infinity),
  topic: (a, b) => (a.topic < 0 ? 1e9 : a.topic) - (b.topic < 0 ? 1e9 : b.topic),
  doubt: (a, b) => (a.separation ?? 9) - (b.separation ?? 9),
  title: (a, b) => a.title.localeCompare(b.title, "en", {numeric: true, ignorePunctuation: true}),
};

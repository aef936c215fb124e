// Makes the list of stories out of the data beside it, in reports and in notebooks. Texts come from strangers and are
// only ever set as text.
{
  const ROWS = 25, MORE_ROWS = 100, LINES = 60, MORE_LINES = 240, ON_PAPER = 5;
  const NOISE = -1;

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };
  const drawn = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const thousands = (n) => n.toLocaleString("en");
  const count = (n, noun, plural = `${noun}s`) => `${thousands(n)} ${n === 1 ? noun : plural}`;
  const button = (text, act, properties = {}) => {
    const element = make("button", { type: "button", textContent: text, ...properties });
    element.addEventListener("click", act);
    return element;
  };

  // What is typed is found whatever its case and accents.
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f\u064b-\u0655]/g, "");

  // The text with what was looked for marked in it. Letters are folded one by one, because folding changes lengths.
  function marked(text, words) {
    const parts = document.createDocumentFragment();
    const letters = words.length ? [...text] : [];
    const folded = letters.map(fold);
    const places = folded.flatMap((part, i) => Array(part.length).fill(i));
    const whole = folded.join("");
    const hit = new Set();
    for (const word of words) {
      for (let at = whole.indexOf(word); at >= 0; at = whole.indexOf(word, at + word.length)) {
        for (let i = 0; i < word.length; i += 1) hit.add(places[at + i]);
      }
    }
    if (!hit.size) return text;
    for (let start = 0, end = 1; start < letters.length; start = end, end += 1) {
      while (end < letters.length && hit.has(end) === hit.has(start)) end += 1;
      const part = letters.slice(start, end).join("");
      parts.append(hit.has(start) ? make("mark", { textContent: part }) : part);
    }
    return parts;
  }

  const SHAPES = {
    circle: "M7 2a5 5 0 1 0 .01 0z", diamond: "M7 1l6 6-6 6-6-6z", square: "M2.5 2.5h9v9h-9z",
    "triangle-up": "M7 1.5l6 10.5H1z", "triangle-down": "M7 12.5L1 2h12z",
    star: "M7 .8l1.8 4.1 4.4.4-3.3 2.9 1 4.4L7 10.3l-3.9 2.3 1-4.4L.8 5.3l4.4-.4z",
    x: "M3.5 1.2L7 4.7l3.5-3.5 2.3 2.3L9.3 7l3.5 3.5-2.3 2.3L7 9.3l-3.5 3.5-2.3-2.3L4.7 7 1.2 3.5z",
    cross: "M5.2 1h3.6v4.2H13v3.6H8.8V13H5.2V8.8H1V5.2h4.2z",
  };
  const symbol = ([colour, shape], hollow = false) => drawn(
    "svg", { class: "symbol", width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" },
    drawn("path", { d: SHAPES[shape] ?? SHAPES.circle, ...(hollow ? { fill: "none", stroke: colour, "stroke-width": 1.6 } : { fill: colour }) }),
  );

  function timeline(line, colour) {
    const picture = drawn("svg", { class: "timeline", viewBox: `0 0 ${line.length * 4} 26`, preserveAspectRatio: "none", "aria-hidden": "true" });
    let bars = "";
    [...line].forEach((digit, i) => {
      const height = (24 * parseInt(digit, 36)) / 35;
      if (height) bars += `M${4 * i + 0.4} 25v${-Math.max(height, 1.5)}h3.2V25z`;
    });
    picture.append(drawn("path", { class: "ground", d: `M0 25.5H${line.length * 4}` }), drawn("path", { d: bars, fill: colour }));
    return picture;
  }

  // The columns of the data as stories and headlines.
  function read({ stories: columns, headlines: lines, publishers, time, topics, n }) {
    const origin = time && Math.floor(Date.parse(time.first) / 60000);
    const day = (minute) => (minute === null || minute === undefined ? "" : new Date((origin + minute) * 60000).toISOString());
    let at = 0, nearest = 0;
    const stories = columns.number.map((number, i) => {
      const story = { place: i, number };
      for (const name of ["title", "keywords", "mark", "size", "held", "certainty", "recent", "before", "line", "topic"]) story[name] = columns[name]?.[i];
      story.growth = (story.recent ?? 0) - (story.before ?? 0);
      [story.firstMinute, story.lastMinute] = [columns.first?.[i] ?? null, columns.last?.[i] ?? null];
      [story.first, story.last] = [day(story.firstMinute), day(story.lastMinute)];
      [story.nPublishers] = columns.publishers[i];
      story.publishers = columns.publishers[i].slice(1).map((code) => publishers[code]);
      story.start = at;
      at += story.held;
      return story;
    });
    const end = at;
    const headline = (i) => ({
      id: `d${lines.id[i]}`, title: lines.title[i], url: lines.url[i], publisher: publishers[lines.publisher[i]] ?? "",
      when: day(lines.minute[i]), certainty: lines.certainty[i], assigned: lines.assigned[i] === "1",
      nearest: i >= end - lines.nearest.length ? lines.nearest[i - end + lines.nearest.length] : NOISE,
    });
    // A headline with those that nearly repeat it.
    const groups = (story) => {
      const found = [];
      for (let i = story.start; i < story.start + story.held; i += 1) {
        if (lines.repeats[i] === "1" && found.length) found.at(-1).push(i);
        else found.push([i]);
      }
      return found;
    };
    let texts = null;
    const search = () => {
      texts ??= {
        stories: stories.map((story) => fold(`${story.title} ${story.keywords} ${story.publishers.join(" ")}`)),
        headlines: lines.title.map((title, i) => fold(`${title} ${publishers[lines.publisher[i]] ?? ""}`)),
      };
      return texts;
    };
    return { stories, headline, groups, search, lines, time, topics, n, held: end };
  }

  function browse(root) {
    const data = read(JSON.parse(root.querySelector("script[type='application/json']").textContent));
    const { stories, time, topics } = data;
    const clock = time?.clock ? 16 : 10;
    const shownDay = (iso) => iso.slice(0, clock).replace("T", " ");
    const byNumber = new Map(stories.map((story) => [story.number, story]));
    const hasPublishers = stories.some((story) => story.nPublishers);
    const hasAddress = "address" in root.dataset; // a notebook's address is not ours
    const isNoise = (story) => story.number === NOISE;
    const hash = (story) => (isNoise(story) ? "#no-story" : `#story-${story.number}`);
    const state = { words: [], matches: new Map(), limit: ROWS, pinned: null, chosen: null, document: null, open: new Set() };
    const rows = new Map();

    // The bar above ------------------------------------------------------------------------------------------------

    const latest = (a, b, name) => (b[name] ?? -Infinity) - (a[name] ?? -Infinity) || 0;
    const topicPlace = (story) => (story.topic >= 0 ? story.topic : topics.length);
    const orders = {
      size: ["Largest", (a, b) => b.size - a.size],
      ...(time && {
        last: ["Last seen, newest first", (a, b) => latest(a, b, "lastMinute")],
        first: ["First seen, newest first", (a, b) => latest(a, b, "firstMinute")],
        growth: ["Growing most", (a, b) => b.growth - a.growth],
      }),
      certainty: ["Most certain", (a, b) => b.certainty - a.certainty],
      ...(hasPublishers && { publishers: ["Most publishers", (a, b) => b.nPublishers - a.nPublishers] }),
      ...(topics?.length && { topic: ["Topic", (a, b) => topicPlace(a) - topicPlace(b)] }),
    };
    const box = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const select = make("select", {}, ...Object.entries(orders).map(([value, [textContent]]) => make("option", { value, textContent })));
    const reverse = button("Reverse", () => {
      reverse.setAttribute("aria-pressed", String(reverse.getAttribute("aria-pressed") !== "true"));
      resort();
    });
    reverse.setAttribute("aria-pressed", "false");
    const status = make("p", { className: "status" });
    status.setAttribute("role", "status");
    const meaning = make("p", { className: "meaning" });
    const looked = hasPublishers ? "titles, keywords, headlines and publishers" : "titles, keywords and headlines";
    const bar = make("div", { className: "bar" },
      make("label", { title: `Looks in ${looked}` }, make("span", { textContent: "Filter" }), box),
      make("label", {}, make("span", { textContent: "Sort by" }), select), reverse, status);
    const list = make("ol", { className: "list" });
    list.setAttribute("role", "list"); // Safari forgets it without bullets
    const more = button("", () => extend(state.limit + MORE_ROWS));
    const all = button("", () => extend(Infinity));
    const foot = make("p", { className: "more" }, more, all);
    const grown = time && `headlines in ${time.period}, less those in as long a time before`;
    const lost = data.n - data.held;
    const notes = make("p", { className: "notes" }, [
      time && time.undated ? `${count(time.undated, "headline")} without a date.` : "",
      lost ? `This page holds ${thousands(data.held)} of ${count(data.n, "headline")}, the most certain of each story, and finds no others; clusters.csv, in the run's folder, has all.` : "",
    ].filter(Boolean).join(" "));
    root.classList.toggle("dated", Boolean(time));
    root.classList.toggle("clock", Boolean(time?.clock));
    root.classList.toggle("credited", hasPublishers);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Stories");
    for (const child of [...root.children]) if (child.tagName !== "SCRIPT") child.remove();
    root.prepend(bar, meaning, list, foot, notes);

    // Which stories, in which order --------------------------------------------------------------------------------

    function match() {
      state.matches.clear();
      if (!state.words.length) return;
      const texts = data.search();
      for (const story of stories) {
        const found = new Set();
        for (let i = story.start; i < story.start + story.held; i += 1) {
          if (state.words.every((word) => texts.headlines[i].includes(word))) found.add(i);
        }
        const whole = !isNoise(story) && state.words.every((word) => texts.stories[story.place].includes(word));
        if (found.size || whole) state.matches.set(story, found);
      }
    }

    function ordered() {
      const compare = orders[select.value][1];
      const sign = reverse.getAttribute("aria-pressed") === "true" ? -1 : 1;
      const found = stories.filter((story) => !state.words.length || state.matches.has(story));
      found.sort((a, b) => isNoise(a) - isNoise(b) || sign * compare(a, b) || a.place - b.place);
      return state.pinned ? [state.pinned, ...found.filter((story) => story !== state.pinned)] : found;
    }

    function render() {
      const found = ordered();
      const shown = found.slice(0, state.limit);
      list.replaceChildren(...shown.map(rowOf));
      for (const story of shown) refresh(story);
      headTopics(shown);
      const rest = found.length - shown.length;
      foot.hidden = !rest;
      more.hidden = rest <= MORE_ROWS;
      more.textContent = `Show ${MORE_ROWS} more`;
      all.textContent = `Show all ${count(found.length, "entry", "entries")}`;
      root.classList.toggle("by-growth", select.value === "growth");
      meaning.textContent = select.value === "growth" ? `Growth: ${grown}.` : time ? `Timelines run from ${shownDay(time.first)} to ${shownDay(time.last)}, UTC.` : "";
      const n = stories.filter((story) => !isNoise(story)).length;
      const matching = [...state.matches.keys()].filter((story) => !isNoise(story)).length;
      const inNoise = state.matches.has(byNumber.get(NOISE)) ? ", and headlines in no story" : "";
      const told = state.words.length ? `${thousands(matching)} of ${count(n, "story", "stories")}${inNoise}` : count(n, "story", "stories");
      if (status.textContent !== told) status.textContent = told;
    }

    // Sorted by topic, the first story of each stands below what the topic is about.
    function headTopics(shown) {
      for (const { topic } of rows.values()) topic?.remove();
      if (select.value !== "topic") return;
      let last = null;
      for (const story of shown) {
        const place = isNoise(story) ? null : topicPlace(story);
        if (story !== state.pinned && place !== null && place !== last) {
          const { keywords, stories: n, size } = topics[place] ?? { keywords: "Stories that stand alone" };
          const row = rows.get(story);
          row.topic = make("p", { className: "topic", dir: "auto" }, make("b", { textContent: keywords }), n ? ` ${count(n, "story", "stories")}, ${count(size, "headline")}` : "");
          row.item.prepend(row.topic);
        }
        if (story !== state.pinned) last = place;
      }
    }

    function extend(limit) {
      const before = list.children.length;
      state.limit = limit;
      render();
      list.children[before]?.querySelector("button").focus();
    }

    function resort() {
      state.pinned = null;
      state.limit = ROWS;
      render();
    }

    box.addEventListener("input", () => {
      state.words = fold(box.value).split(/\s+/).filter(Boolean);
      state.document = null;
      match();
      resort();
    });
    select.addEventListener("change", resort);
    list.addEventListener("keydown", (event) => {
      const buttons = [...list.querySelectorAll(":scope > li > .row button")];
      const at = buttons.indexOf(event.target);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      buttons[to]?.focus();
    });

    // A story ------------------------------------------------------------------------------------------------------

    function rowOf(story) {
      if (rows.has(story)) return rows.get(story).item;
      const head = button("", () => toggle(story), { dir: "auto" });
      const matches = make("p", { className: "matches" });
      const name = make("div", { className: "name" }, make("h3", {}, head), make("p", { className: "keywords", dir: "auto" }), matches);
      const about = make("p", { className: "size" }, make("b", { textContent: thousands(story.size) }), ` ${story.size === 1 ? "headline" : "headlines"}`,
        isNoise(story) ? null : make("span", { textContent: `${story.certainty}\u2009% certain`, title: "Mean certainty of its headlines: HDBSCAN's membership, 0 for assigned ones" }));
      const row = make("div", { className: "row" }, symbol(story.mark), name);
      if (time) row.append(when(story));
      if (hasPublishers) row.append(publishersOf(story));
      row.append(about);
      const item = make("li", { className: isNoise(story) ? "story noise" : "story" }, row);
      rows.set(story, { item, head, name, matches, panel: null, words: null, document: null });
      return item;
    }

    function when(story) {
      const cell = make("div", { className: "when" });
      if (!story.first) return cell;
      const [first, last] = [shownDay(story.first), shownDay(story.last)];
      const days = first === last ? [make("time", { textContent: first })] : [make("time", { textContent: first }), " \u2013 ",
        make("time", { textContent: last.slice(0, 10) === first.slice(0, 10) ? last.slice(11) : last.slice(0, 5) === first.slice(0, 5) ? last.slice(5) : last })];
      const dates = make("p", {}, make("span", {}, ...days));
      if (story.recent || story.before) {
        const sign = story.growth > 0 ? "+" : story.growth < 0 ? "\u2212" : "\u00b1";
        dates.append(" ", make("span", {
          className: story.growth > 0 ? "growth" : "growth fall", textContent: `${sign}${thousands(Math.abs(story.growth))}`,
          title: `${thousands(story.recent)} in ${time.period}, ${thousands(story.before)} in as long a time before`,
        }));
      }
      cell.append(timeline(story.line, story.mark[0]), dates);
      return cell;
    }

    function publishersOf(story) {
      const others = story.nPublishers - story.publishers.length;
      const cell = make("p", { className: "publishers" });
      story.publishers.forEach((name, i) => cell.append(i ? ", " : "", make("bdi", { textContent: name })));
      if (others > 0) cell.append(` and ${thousands(others)} others`.replace(/ 1 others$/, " 1 other"));
      return cell;
    }

    // What changes of a row: whether it is open, chosen, and what was looked for.
    function refresh(story) {
      const row = rows.get(story);
      const isOpen = state.open.has(story);
      row.item.classList.toggle("open", isOpen);
      row.item.classList.toggle("chosen", state.chosen === story);
      row.head.setAttribute("aria-expanded", String(isOpen));
      if (row.words !== state.words) {
        row.words = state.words;
        row.head.replaceChildren(marked(story.title || "(no headline)", state.words));
        row.name.querySelector(".keywords").replaceChildren(marked(story.keywords, state.words));
        const found = state.matches.get(story)?.size;
        row.matches.textContent = state.words.length && found ? `${count(found, "headline matches", "headlines match")}` : "";
        row.panel?.remove();
        row.panel = null;
      }
      if (row.panel && row.document !== state.document && (state.document || row.document)) {
        row.panel.remove();
        row.panel = null;
      }
      if (isOpen && !row.panel) {
        row.document = state.document;
        row.panel = panelOf(story);
        row.item.append(row.panel);
      }
      if (row.panel) row.panel.hidden = !isOpen;
    }

    // Its headlines ------------------------------------------------------------------------------------------------

    function panelOf(story) {
      const groups = data.groups(story);
      const found = state.matches.get(story) ?? new Set();
      const has = (group, test) => group.some(test);
      const weight = (group) => (state.document && has(group, (i) => `d${data.lines.id[i]}` === state.document) ? 0 : has(group, (i) => found.has(i)) ? 1 : 2);
      const sorted = groups.map((group) => [weight(group), group]).sort((a, b) => a[0] - b[0]).map(([, group]) => group);
      const lines = make("ol", { className: "lines" });
      lines.setAttribute("role", "list");
      const next = button("", () => {
        const at = lines.children.length;
        fill(MORE_LINES);
        lines.children[at]?.querySelector("a, button")?.focus();
      });
      const fill = (n) => {
        lines.append(...sorted.slice(lines.children.length, lines.children.length + n).map((group) => groupOf(group, story, found)));
        const rest = sorted.length - lines.children.length;
        next.hidden = !rest;
        next.textContent = `Show ${Math.min(rest, MORE_LINES)} more of ${thousands(sorted.length)}`;
      };
      fill(LINES);
      return make("div", { className: "panel" }, explained(story, groups), lines, next, left(story));
    }

    function explained(story, groups) {
      const folded = story.held - groups.length;
      const assigned = [...data.lines.assigned.slice(story.start, story.start + story.held)].filter((flag) => flag === "1").length;
      const about = make("p", { className: "explained" }, isNoise(story)
        ? "Headlines that belong to no story, with the one each is nearest to and how much its neighbours support that (1: as much as a copy would); the likeliest first."
        : "The most certain first: the percentage says how firmly HDBSCAN counts a headline to the story.");
      if (assigned) {
        about.append(" ", symbol(story.mark, true), ` ${count(assigned, "was", "were")} left as noise by HDBSCAN and given to this story by the votes of the nearest neighbours.`);
      }
      if (folded) about.append(` ${count(folded, "near-duplicate is", "near-duplicates are")} folded.`);
      if (hasAddress) about.append(" ", make("a", { href: hash(story), textContent: isNoise(story) ? "Link to this list" : "Link to this story" }));
      return about;
    }

    const left = (story) => (story.held < story.size
      ? make("p", { className: "explained", textContent: `${count(story.size - story.held, "less certain headline is", "less certain headlines are")} left out here: they are in clusters.csv, cluster ${story.number}.` }) : null);

    function groupOf([first, ...others], story, found) {
      const item = lineOf(first, story);
      if (!others.length) return item;
      const folded = make("ol", { className: "folded", hidden: true });
      folded.setAttribute("role", "list");
      const fill = (show) => {
        if (!folded.children.length) folded.append(...others.map((i) => lineOf(i, story)));
        folded.hidden = !show;
        toggle.setAttribute("aria-expanded", String(show));
      };
      const toggle = button(`and ${count(others.length, "near-duplicate")}`, () => fill(folded.hidden), { className: "fold" });
      item.querySelector(".headline").append(" ", toggle);
      item.append(folded);
      const sought = (i) => found.has(i) || `d${data.lines.id[i]}` === state.document;
      fill(!sought(first) && others.some(sought));
      return item;
    }

    function lineOf(i, story) {
      const line = data.headline(i);
      const title = line.title || "(no headline)";
      const text = /^https?:\/\//i.test(line.url)
        ? make("a", { href: line.url, target: "_blank", rel: "noopener noreferrer" }, marked(title, state.words))
        : make("span", {}, marked(title, state.words));
      text.dir = "auto";
      const item = make("li", { className: line.id === state.document ? "line sought" : "line" });
      item.dataset.document = line.id;
      if (time) item.append(make("time", { textContent: shownDay(line.when), dateTime: line.when.slice(0, 16), title: line.when && `${line.when.slice(0, 16).replace("T", " ")} UTC` }));
      item.append(make("div", { className: "headline" }, text));
      if (hasPublishers) item.append(make("span", { className: "publisher", dir: "auto" }, marked(line.publisher, state.words)));
      item.append(isNoise(story) ? nearestOf(line) : certaintyOf(line, story));
      return item;
    }

    function certaintyOf(line, story) {
      if (!line.assigned) return make("span", { className: "sure", textContent: `${line.certainty}\u2009%` });
      return make("span", { className: "sure", title: "Assigned: the share of its neighbours' votes that this story had" },
        symbol(story.mark, true), ` ${line.certainty}\u2009% of votes`);
    }

    function nearestOf(line) {
      const story = byNumber.get(line.nearest);
      if (!story || isNoise(story)) return make("span", { className: "near", textContent: "near to none" });
      const link = make("a", { href: hash(story), dir: "auto", textContent: story.title });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        choose(story, { tell: true, top: true, scroll: true });
      });
      return make("span", { className: "near" }, symbol(story.mark), " ", link, ` ${(line.certainty / 100).toFixed(2)}`);
    }

    // Choosing, here and elsewhere ---------------------------------------------------------------------------------

    const tell = (story, id = null) => document.dispatchEvent(new CustomEvent("newsclust:story", {
      detail: { story: story ? story.number : null, document: id, source: "list" },
    }));

    function address(story) {
      if (!hasAddress || (!story && !/^#(story-\d+|no-story)$/.test(location.hash))) return;
      history.replaceState(history.state, "", story ? hash(story) : location.pathname + location.search);
    }

    function toggle(story) {
      if (state.open.delete(story)) {
        if (state.chosen === story) unchoose(true);
        refresh(story);
      } else choose(story, { tell: true });
    }

    function unchoose(isOurs) {
      const story = state.chosen;
      [state.chosen, state.document] = [null, null];
      if (rows.has(story)) refresh(story);
      address(null);
      if (isOurs) tell(null);
    }

    // One that comes from elsewhere goes to the top of the list, so that a map above stays in sight.
    function choose(story, { tell: isOurs = false, top = false, scroll = false, id = null } = {}) {
      const before = state.chosen;
      [state.chosen, state.document] = [story, id];
      state.open.add(story);
      if (top && list.firstElementChild !== rows.get(story)?.item) {
        state.pinned = story;
        render();
      } else {
        for (const one of [before, story]) if (one && rows.has(one)) refresh(one);
      }
      address(story);
      if (isOurs) tell(story);
      if (scroll) rows.get(story).item.scrollIntoView({ block: "nearest" });
    }

    document.addEventListener("newsclust:story", ({ detail }) => {
      if (!root.isConnected || !detail || detail.source === "list") return;
      const story = byNumber.get(detail.story);
      if (story) choose(story, { top: true, scroll: detail.source === "map", id: detail.document ?? null });
      else if (state.chosen) unchoose(false);
    });

    // A headline of the chosen story that is pointed at is shown on the map, after a moment.
    let pointed = null, waiting = 0;
    const point = (line) => {
      clearTimeout(waiting);
      if (line?.dataset.document === pointed?.dataset.document) return;
      waiting = setTimeout(() => {
        if (!state.chosen || (line && !rows.get(state.chosen)?.item.contains(line))) return;
        pointed = line;
        tell(state.chosen, line?.dataset.document ?? null);
      }, 120);
    };
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && point(event.target.closest(".line")));
    list.addEventListener("pointerleave", () => point(null));
    list.addEventListener("focusin", (event) => point(event.target.closest(".line")));

    const fromAddress = () => {
      const named = /^#(?:story-(\d+)|no-story)$/.exec(location.hash);
      const story = named && byNumber.get(named[1] === undefined ? NOISE : Number(named[1]));
      if (story) choose(story, { tell: true, top: true, scroll: true });
    };

    // On paper every story of the list has its headlines: opened ones all, the others the first.
    addEventListener("beforeprint", () => {
      const shown = ordered().slice(0, state.limit);
      for (const story of shown) {
        const groups = data.groups(story).slice(0, state.open.has(story) ? Infinity : ON_PAPER);
        const rest = story.size - groups.flat().length;
        rows.get(story).item.append(make("div", { className: "panel paper" },
          make("ol", { className: "lines" }, ...groups.map((group) => groupOf(group, story, new Set()))),
          rest ? make("p", { className: "explained", textContent: `and ${count(rest, "other")}` }) : null));
      }
      const others = ordered().length - shown.length;
      if (others) list.after(make("p", { className: "paper explained", textContent: `${count(others, "other entry is", "other entries are")} not printed.` }));
    });
    addEventListener("afterprint", () => {
      for (const element of root.querySelectorAll(".paper")) element.remove();
    });

    render();
    if (hasAddress) {
      // When the other views listen and stand at their places.
      if (document.readyState === "complete") fromAddress();
      else addEventListener("load", () => setTimeout(fromAddress));
      addEventListener("hashchange", fromAddress);
    }
  }

  for (const root of document.querySelectorAll(".nc-stories:not([data-ready])")) {
    root.dataset.ready = "";
    browse(root);
  }
}

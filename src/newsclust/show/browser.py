"""The list that a reader goes through: every story with its headlines, to be sorted, filtered and opened.

What is listed travels as one piece of JSON, in columns; ``templates/newsclust/browser.js`` makes the list of it, in a
notebook as in a report, and asks no network for anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from headline_reader.dates import read_dates

from ..corpus.facts import headlines
from ..markup import plain, script_json, table, web_address
from ..stories.timeline import follow_stories
from ..wording import count
from .drawing import cut_at_word, story_mark
from .listings import written_file

if TYPE_CHECKING:
    from ..stories.stories import Stories
    from ..stories.topics import Topics

#: Of the list, about 20,000 headlines: beside plotly and a map of 100,000 the report stays under 25 MiB.
MOST_BYTES = 5 * 2**20
#: A headline is cut to so many letters: some feeds have whole articles for titles.
LETTERS = 300
#: Shown where no script runs.
WITHOUT_SCRIPT = 20
#: Named of a story's publishers.
PUBLISHERS = 3
BINS = 40  # of the timeline beside a title
_ABOUT_A_STORY, _ABOUT_A_HEADLINE = 140, 50  # bytes, with a timeline or an id, numbers and the signs between
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MINUTE, _DAY = 60, 86_400


class StoryBrowser:
    """All stories as a list to read.

    Attributes
    ----------
    data : dict
        What the list is made of. ``stories``: columns with one value per story, the largest first and noise, -1, last.
        ``headlines``: columns with one value per headline that is held, story by story, ``stories.held`` of each, the
        most certain first, near-duplicates behind the one they repeat. ``publishers``: their names. ``time``: what
        the timelines span, None where nothing is dated. ``topics``: what each is about. ``n``: all headlines, held or
        not.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __repr__(self) -> str:
        n_stories, held = (
            sum(number >= 0 for number in self.data["stories"]["number"]),
            sum(self.data["stories"]["held"]),
        )
        told = f"{count(n_stories, 'story', 'stories')}, {count(self.data['n'], 'headline')}"
        return f"{told}." if held == self.data["n"] else f"{told}, of which {held:,} can be read here."

    def _repr_html_(self) -> str:
        style, script = (written_file(name) for name in ("browser.css", "browser.js"))
        # MathJax would make formulas of what stands between two dollars, and JupyterLab commands of keys.
        attributes = 'class="nc-stories mathjax_ignore tex2jax_ignore" data-lm-suppress-shortcuts="true"'
        return (
            f"<style>{style}</style><div {attributes}>{self._without_script()}"
            f'<script type="application/json">{script_json(self.data)}</script></div><script>{script}</script>'
        )

    def _without_script(self) -> str:
        stories = pd.DataFrame({name: self.data["stories"][name] for name in ("size", "title", "keywords")})
        told = "All stories are listed here where scripts run: in JupyterLab, trust the notebook. The largest:"
        return f"<p>{told}</p>{table(stories.head(WITHOUT_SCRIPT))}"


def story_browser(stories: Stories, topics: Topics | None = None, most_bytes: int = MOST_BYTES) -> StoryBrowser:
    """Every story in a list that sorts and filters, with all its headlines when it is opened.

    Of more headlines than fit into `most_bytes` the most certain ones of each story are held; the list says how many
    are left out, and that clusters.csv has them.

    Parameters
    ----------
    stories : Stories
    topics : Topics, optional
        The list can then be sorted by topic.
    most_bytes : int
        That the list may take, about: what is told of the stories, and the headlines with their addresses.
    """
    documents = stories.documents
    told = stories.table.sort_values("size", ascending=False, kind="stable")
    numbers = [*told.index.tolist(), *([-1] if (stories.labels < 0).any() else [])]
    place = pd.Index(numbers).get_indexer(stories.labels)
    timeline, changes = _Timeline.of(documents["published_at"]), follow_stories(stories)
    rows, is_repeat = _reading_order(stories, place, timeline.seconds)
    titles, urls = _headlines(documents), [web_address(url) for url in documents["url"]]
    spent = sum(
        _ABOUT_A_STORY + len(f"{title}{words}".encode())
        for title, words in zip(told["title"], told["keywords"], strict=True)
    )
    held = _fitting(rows, place, titles, urls, most_bytes - spent)
    rows, is_repeat = rows[held], is_repeat[held]
    codes, names = _publishers(documents["publisher"])
    noise = rows[stories.labels[rows] < 0]
    data = {
        "n": len(documents),
        "time": timeline.told and timeline.told | {"period": changes.last_period},
        "publishers": names,
        "topics": [] if topics is None else topics.table[["keywords", "stories", "size"]].to_dict("records"),
        "stories": {
            "number": numbers,
            "title": [plain(title) for title in told["title"]] + ["In no story"] * (len(numbers) - len(told)),
            "keywords": told["keywords"].tolist() + [""] * (len(numbers) - len(told)),
            "mark": list(map(story_mark, numbers)),
            "topic": told["topic"].tolist() + [-1] * (len(numbers) - len(told)),
            "size": np.bincount(place, minlength=len(numbers)).tolist(),
            "held": np.bincount(place[rows], minlength=len(numbers)).tolist(),
            "certainty": _certainties(stories, place, len(numbers)),
            "publishers": _most_frequent(place, codes, len(numbers)),
            **timeline.by_story(place, len(numbers)),
            # As the table of what is new has them.
            "recent": changes.table["now"].reindex(numbers, fill_value=0).tolist(),
            "before": changes.table["before"].reindex(numbers, fill_value=0).tolist(),
        },
        "headlines": {
            "id": [str(document) for document in documents["id"].to_numpy()[rows]],
            "title": [titles[row] for row in rows],
            "url": [urls[row] for row in rows],
            "publisher": codes[rows].tolist(),
            "minute": timeline.minutes(rows),
            "certainty": _percent(_evidence(stories)[rows]),
            "assigned": _flags(stories.assigned[rows]),
            "repeats": _flags(is_repeat),
            "nearest": stories.vote.nearest[noise].tolist(),
        },
    }
    return StoryBrowser(data)


def _evidence(stories: Stories) -> np.ndarray:
    """What speaks for each document's story: its membership; of assigned ones their vote, of noise the support."""
    given = np.where(stories.assigned, np.nan_to_num(stories.vote.share), stories.clustering.probabilities)
    return np.where(stories.labels < 0, stories.vote.support, given)


def _reading_order(stories: Stories, place: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order they are listed in, and which of them repeat the one that stands before them.

    Story by story, members before assigned ones, the most certain first, of equally certain ones the earliest; and
    near-duplicates of one story together, where the first of them would stand.
    """
    n = len(place)
    rows, evidence = np.arange(n), _evidence(stories).round(2)
    order = np.lexsort((rows, np.where(np.isnan(seconds), np.inf, seconds), -evidence, stories.assigned, place))
    rank = np.empty(n, dtype=np.intp)
    rank[order] = rows
    _, group = np.unique(place.astype(np.int64) * max(n, 1) + stories.repeats, return_inverse=True)
    first = np.full(n, n, dtype=np.intp)
    np.minimum.at(first, group, rank)
    order = np.lexsort((rank, stories.repeats != rows, first[group]))
    return order, np.append(False, np.diff(group[order]) == 0)[:n]


def _fitting(rows: np.ndarray, place: np.ndarray, titles: list[str], urls: list[str], most: int) -> np.ndarray:
    """Which of the listed rows are held: bool; the first of every story, then the second of every story, and so on."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    size = np.array([_ABOUT_A_HEADLINE + len(f"{titles[row]}{urls[row]}".encode()) for row in rows])
    starts = np.flatnonzero(np.append(True, np.diff(place[rows]) != 0))
    nth = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
    order = np.lexsort((place[rows], nth))
    held = np.zeros(len(rows), dtype=bool)
    held[order[np.cumsum(size[order]) <= most]] = True
    return held


def _headlines(documents: pd.DataFrame) -> list[str]:
    return [cut_at_word(headline, LETTERS) for headline in headlines(documents)]


def _publishers(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The publisher of each document as a place in a list of names, -1 where there is none; and the list."""
    named = values.map(plain).map(lambda name: cut_at_word(name, 80))
    codes, names = pd.factorize(named.where(named != "", None), sort=True)
    return codes, list(names)


def _most_frequent(place: np.ndarray, codes: np.ndarray, n: int) -> list[list[int]]:
    """Of each story how many publishers it has, and those with the most headlines."""
    known = pd.DataFrame({"place": place, "publisher": codes})[codes >= 0]
    counts = known.value_counts(sort=False).rename("n").reset_index()
    counts = counts.sort_values(["place", "n", "publisher"], ascending=[True, False, True])
    found: list[list[int]] = [[0] for _ in range(n)]
    for story, publishers in counts.groupby("place")["publisher"]:
        found[story] = [len(publishers), *publishers.head(PUBLISHERS).tolist()]
    return found


def _certainties(stories: Stories, place: np.ndarray, n: int) -> list[int]:
    sums = np.bincount(place, stories.clustering.probabilities, minlength=n)
    return _percent(sums / np.maximum(np.bincount(place, minlength=n), 1))


def _percent(values: np.ndarray) -> list[int]:
    return np.rint(100 * values).astype(int).tolist()


def _flags(values: np.ndarray) -> str:
    return "".join("01"[int(value)] for value in values)


@dataclass(frozen=True)
class _Timeline:
    """When documents were published, on one scale for all stories.

    `seconds` since 1970 are NaN where a document has no date. A date far outside, 1970 say, would leave nothing to be
    seen of the others, so the scale leaves out what lies ten times the span of the middle 90 % before or after it.
    """

    seconds: np.ndarray
    first: float = 0.0
    last: float = 0.0
    has_clock: bool = False

    @classmethod
    def of(cls, published_at: pd.Series) -> _Timeline:
        times = read_dates(published_at).times
        seconds = times.astype("datetime64[s]").astype("int64").to_numpy(np.float64)
        seconds[times.isna().to_numpy()] = np.nan
        known = seconds[~np.isnan(seconds)]
        if not len(known):
            return cls(seconds)
        low, high = np.quantile(known, 0.05, method="higher"), np.quantile(known, 0.95, method="lower")
        reach = 10 * max(high - low, _DAY)
        near = known[(known >= low - reach) & (known <= high + reach)]
        return cls(seconds, near.min(), near.max(), bool((known % _DAY != 0).any()))

    @property
    def span(self) -> float:
        return self.last - self.first + (0 if self.has_clock else _DAY)

    @property
    def told(self) -> dict[str, Any] | None:
        if np.isnan(self.seconds).all():
            return None
        first, last = (f"{pd.Timestamp(second, unit='s'):%Y-%m-%dT%H:%MZ}" for second in (self.first, self.last))
        undated = int(np.isnan(self.seconds).sum())
        has_clock = bool(self.has_clock and self.span < 4 * _DAY)
        return {"first": first, "last": last, "clock": has_clock, "undated": undated}

    def minutes(self, rows: np.ndarray) -> list[int | None]:
        """Since `first`, which may lie after an outlier."""
        passed = self.seconds[rows] // _MINUTE - self.first // _MINUTE
        return [None if value != value else int(value) for value in passed]

    def by_story(self, place: np.ndarray, n: int) -> dict[str, list]:
        """Columns of the stories: first and last minute, and a timeline."""
        if self.told is None:
            return {}
        known = np.flatnonzero(~np.isnan(self.seconds))
        seconds, story = self.seconds[known], place[known]
        ends = pd.Series(self.minutes(known), dtype=float).groupby(story).agg(["min", "max"]).reindex(range(n))
        first, last = ([None if value != value else int(value) for value in ends[name]] for name in ("min", "max"))
        return {
            "first": first,
            "last": last,
            "line": self._lines(seconds, story, n),
        }

    def _lines(self, seconds: np.ndarray, story: np.ndarray, n: int) -> list[str]:
        """Of each story its headlines per bin, as a share of its fullest bin, in digits of base 36."""
        bins = BINS if self.has_clock else min(BINS, int(self.span // _DAY))
        inside = (seconds >= self.first) & (seconds <= self.last)
        at = ((seconds[inside] - self.first) / max(self.span, 1) * bins).astype(int).clip(max=bins - 1)
        counts = np.bincount(story[inside] * bins + at, minlength=n * bins).reshape(n, bins)
        most = np.maximum(counts.max(axis=1, keepdims=True), 1)
        heights = np.ceil(counts / most * (len(_DIGITS) - 1)).astype(int)
        return ["".join(_DIGITS[height] for height in heights_of_one) for heights_of_one in heights]

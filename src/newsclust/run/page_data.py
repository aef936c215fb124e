"""The data of a run's page: ``page.json``, which `newsclust.run.record.finish` writes beside the tables.

The tables have the input unchanged, with the results of each row or story. A page needs more: clean headlines, times
on one scale, what is new, near or doubtful. All of this is computed here, once; the page only draws it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..corpus.facts import headlines, printed
from ..corpus.facts import times as times_of
from ..errors import RunError
from ..markup import plain, web_address
from ..paths import short, write_whole
from ..stories.doubts import doubts, next_stories, round_ups
from ..stories.marks import mark_stories
from ..stories.timeline import follow_stories, said_time
from ..stories.topics import group_stories

if TYPE_CHECKING:
    from ..neighbors.layout import Layout
    from ..neighbors.neighbors import Neighbors
    from ..stories.coverage import Coverage
    from ..stories.evidence import Evidence
    from ..stories.stories import Stories
    from ..stories.timeline import Timeline

PAGE_DATA = "page.json"
#: From this number of documents on, a page has only the best of each story, and some of those in no story.
PART_FROM, BEST, ALONE = 50_000, 20, 2_000
#: The most bytes of such a page, before compression, which saves half or more; and of its summaries.
MOST_BYTES, SUMMARY_BYTES = 24_000_000, 8_000_000
#: The most letters of a headline, a summary, a publisher's name: some feeds have whole articles as titles.
LETTERS, SUMMARY_LETTERS, NAME_LETTERS = 300, 280, 80
#: Stories drawn over time; headlines listed that were assigned with the least support, or are near several stories.
DRAWN, PLACED = 50, 6
#: Publishers in the table of coverage, sources named there, and how many of the largest stories it checks for each.
COVERING, SOURCES, LARGEST = 12, 5, 20
#: Places on the map are whole numbers up to this.
SCALE = 9999
_ABOUT_A_HEADLINE, _ABOUT_A_STORY = 34, 300


def page_data(
    stories: Stories, layout: Layout, evidence: Evidence, neighbors: Neighbors, coverage: Coverage
) -> dict[str, Any]:
    """Everything that a page shows about a run, except its numbers.

    Parameters
    ----------
    stories : Stories
    layout : Layout
    evidence : Evidence
    neighbors : Neighbors
        The lists that were clustered.
    coverage : Coverage
        Of these stories.

    Returns
    -------
    dict
        ``stories``: columns with one value per story, the largest first. ``headlines``: columns with one value per
        document on the page, story by story, in order of time; ``n`` of them. Texts are one string, a line each;
        ``story`` is a position in ``stories``, -1 for none; ``minute`` counts from 1970, None is undated; ``x`` and
        ``y`` go to `SCALE`; ``copies`` are pairs of positions: a headline and the one that it nearly repeats; ``ids``
        are names, by position, for headlines whose titles are not unique; ``also`` are pairs of a position and the
        publisher of another row with the same text. ``time``: bins and counts of the stories drawn over time, None if
        nothing is dated. ``coverage`` has one dict per publisher, those with the most stories first: ``publisher`` is a
        position in ``publishers``, ``left_out`` the numbers of large stories; ``sources`` are pairs of a name and how
        many headlines name it as their source. ``topics``, ``placed`` and ``round_ups`` are lists of dicts.
    """
    documents = stories.documents
    told = stories.table.sort_values("size", ascending=False, kind="stable")
    place = told.index.get_indexer(stories.labels)
    times = times_of(documents).astype("datetime64[m]")
    timeline = follow_stories(stories)
    doubt = doubts(evidence, stories.labels, neighbors).reindex(told.index)
    topics = group_stories(stories).table[["keywords", "stories", "size"]].reset_index(drop=True)
    print_of = printed(documents)  # the documents first
    pubs, names = pd.factorize(print_of["publisher"].map(plain).str[:NAME_LETTERS].replace("", None))
    first = _first(documents, place, len(told))
    rows = _held(stories, place, first, len(told))
    moments, by = documents["time"].to_numpy(), pd.factorize(documents["publisher"], sort=True)[0]  # as `_first` does
    story = np.where(place < 0, len(told), place)
    rows = rows[np.lexsort((rows, by[rows], moments[rows], story[rows]))]  # undated last
    also = np.column_stack([pd.Index(rows).get_indexer(print_of["document"]), pubs])[len(documents) :]
    return {
        "n_documents": len(documents),
        "n_alone": int((stories.labels < 0).sum()),
        "n_publishers": len(names),
        "publishers": [str(name) for name in names],
        "topics": topics.to_dict("records"),
        "time": _time(timeline, told.index, np.sort(times[~np.isnat(times)])),
        "coverage": _coverage(coverage, names),
        "sources": list(coverage.sources.head(SOURCES).items()),
        "placed": _placed(stories),
        "round_ups": _round_ups(stories, doubt, evidence, neighbors),
        "stories": _stories(stories, told, coverage, timeline, doubt, evidence, neighbors)
        | {"first": pd.Index(rows).get_indexer(first).tolist()},
        "headlines": _headlines(stories, rows, place, times, pubs, layout.coordinates)
        | {"also": also[(also >= 0).all(axis=1)].tolist()},
        **({"corrections": stories.corrected.corrections.listed} if stories.corrected else {}),
    }


def _first(documents: pd.DataFrame, place: np.ndarray, n: int) -> np.ndarray:
    """The row of each story's earliest document, in a tie the first by publisher as in stories.csv; -1: no date."""
    dated = documents[["time", "publisher"]].assign(place=place).reset_index(drop=True).dropna(subset="time")
    rows = dated[dated["place"] >= 0].sort_values(["place", "time", "publisher"]).drop_duplicates("place")
    return pd.Series(rows.index, rows["place"]).reindex(range(n), fill_value=-1).to_numpy()


def certainty(stories: Stories) -> np.ndarray:
    """The certainty of each document's story: its membership, or its share of the vote if assigned; 1 if corrected."""
    own = np.where(stories.assigned, np.nan_to_num(stories.vote.share), stories.clustering.probabilities)
    return np.where(stories.corrected.is_placed, 1, own) if stories.corrected else own


def _held(stories: Stories, place: np.ndarray, first: np.ndarray, n_stories: int) -> np.ndarray:
    """The rows on a page: all, or the earliest and the most certain ones of each story, in turn."""
    n = len(place)
    if n < PART_FROM:
        return np.arange(n)
    best = certainty(stories) + np.isin(np.arange(n), first)
    order = np.lexsort((np.arange(n), -best, place))
    starts = np.searchsorted(place[order], np.arange(-1, n_stories))
    nth = np.arange(n) - starts[place[order] + 1]
    inside = place[order] >= 0
    alone = order[~inside]
    alone = alone[np.linspace(0, len(alone) - 1, min(len(alone), ALONE)).astype(np.intp)]
    kept = order[inside & (nth < BEST)][np.argsort(nth[inside & (nth < BEST)], kind="stable")]
    rows = np.concatenate([kept[:n_stories], alone, kept[n_stories:]])
    told = stories.documents.iloc[rows]
    size = headlines(told).str[:LETTERS].str.encode("utf-8").str.len() + told["url"].str.len() + _ABOUT_A_HEADLINE
    return rows[np.cumsum(size.to_numpy()) <= MOST_BYTES - n_stories * _ABOUT_A_STORY]


def write_page_data(folder: Path, data: dict[str, Any]) -> None:
    """Write ``page.json``, on one line."""
    write_whole(folder / PAGE_DATA, json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")


def read_page_data(folder: Path) -> dict[str, Any]:
    """What `write_page_data` wrote.

    Raises
    ------
    RunError
        If it is missing, as in the folder of an earlier version, or damaged.
    """
    try:
        return json.loads((folder / PAGE_DATA).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{short(folder)} holds no {PAGE_DATA}, which its page is made of: run it again.") from None
    except (OSError, ValueError):
        raise RunError(f"{PAGE_DATA} of {short(folder)} is damaged: run it again.") from None


def _stories(
    stories: Stories,
    told: pd.DataFrame,
    coverage: Coverage,
    timeline: Timeline,
    doubt: pd.DataFrame,
    evidence: Evidence,
    neighbors: Neighbors,
) -> dict[str, list]:
    near = next_stories(evidence, stories.labels, neighbors)
    marks = mark_stories(timeline, stories.changes)
    kinds = dict(zip(marks.index.tolist(), marks[["kind", "n"]].to_numpy().tolist(), strict=True))
    return {
        "number": told.index.tolist(),
        "title": [plain(title)[:LETTERS] for title in told["title"]],
        "keywords": told["keywords"].tolist(),
        "topic": told["topic"].tolist(),
        "size": told["size"].tolist(),
        "publishers": told["publishers"].tolist(),
        **{name: coverage.stories[name].reindex(told.index).tolist() for name in ("reports", "source")},
        "mark": [kinds.get(number) for number in told.index.tolist()],
        "near": [near.get(number, []) for number in told.index.tolist()],
        **{name: _numbers(doubt[name]) for name in ("own", "next", "separation")},
        **{name: _numbers(told[name]) for name in ("together", "reliability") if name in told},
        "rival": doubt["rival"].fillna(-1).astype(int).tolist(),
        "doubt": doubt["kind"].fillna("").tolist(),
    }


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if value != value else round(value, 3) for value in values.astype(float)]


def _headlines(
    stories: Stories, rows: np.ndarray, place: np.ndarray, times: np.ndarray, pubs: np.ndarray, points: np.ndarray
) -> dict[str, Any]:
    documents = stories.documents.iloc[rows]
    summaries = [plain(text)[:SUMMARY_LETTERS] for text in documents["description"]]
    at = pd.Index(rows).get_indexer(stories.repeats[rows])
    copies = np.flatnonzero((at >= 0) & (at != np.arange(len(rows))) & (place[rows] == place[rows[at]]))
    codes, spoken = pd.factorize(documents["language"])
    x, y = on_map(points[rows], points).T
    titles = headlines(stories.documents).map(plain)
    unclear = titles.duplicated(keep=False) | (titles.str.len() > LETTERS)
    return {
        "n": len(rows),
        "ids": [
            [at, f"d{stories.documents['id'].iloc[rows[at]]}"] for at in np.flatnonzero(unclear.iloc[rows]).tolist()
        ],
        "title": "\n".join(plain(title)[:LETTERS] for title in headlines(documents)),
        "summary": "\n".join(summaries) if sum(map(len, summaries)) <= SUMMARY_BYTES else "",
        "url": "\n".join(map(web_address, documents["url"])),
        "story": place[rows].tolist(),
        "publisher": pubs[rows].tolist(),
        "minute": minutes_of(times[rows]),
        "certainty": np.rint(100 * certainty(stories)[rows]).astype(int).tolist(),
        "assigned": np.flatnonzero(stories.assigned[rows]).tolist(),
        "copies": np.column_stack([copies, at[copies]]).tolist(),
        "languages": [str(code) for code in spoken],
        "language": codes.tolist() if len(spoken) > 1 else [],
        "x": x.tolist(),
        "y": y.tolist(),
    }


def minutes_of(times: np.ndarray) -> list[int | None]:
    """Minutes since 1970, None if unknown."""
    return [None if np.isnat(time) else int(time.astype(np.int64)) for time in times]


def on_map(points: np.ndarray, all_points: np.ndarray) -> np.ndarray:
    """Whole numbers, 0 to `SCALE` for points among all of them: int, shape (n, 2)."""
    low, high = all_points[:, :2].min(axis=0, initial=np.inf), all_points[:, :2].max(axis=0, initial=-np.inf)
    return np.rint((points[:, :2] - low) / np.maximum(high - low, 1e-9).max() * SCALE).astype(int)


def _time(timeline: Timeline, numbers: pd.Index, times: np.ndarray) -> dict[str, Any] | None:
    if not timeline.unit:
        return None
    drawn = numbers[:DRAWN]
    counted = times[timeline.n_earlier : len(times) - timeline.n_later]
    return {
        "first": int(counted[0].astype(np.int64)),
        "last": int(counted[-1].astype(np.int64)),
        "unit": timeline.unit,
        "starts": [str(start) for start in timeline.starts.astype("datetime64[m]")],
        "said": [said_time(start, timeline.unit) for start in timeline.starts],
        "since": int(timeline.last_from.astype("datetime64[m]").astype(np.int64)),
        "last_period": timeline.last_period,
        "undated": timeline.n_undated,
        "outside": timeline.n_earlier + timeline.n_later,
        "stories": drawn.tolist(),
        "counts": timeline.counts.loc[drawn].to_numpy().tolist(),
    }


def _coverage(coverage: Coverage, names: pd.Index) -> list[dict[str, Any]]:
    """For the publishers with the most stories, how many they reported or had first, and which large ones they lack."""
    return [
        {
            "publisher": names.get_loc(told.Index[:NAME_LETTERS]),
            "stories": told.stories,
            "first_with": told.first_with,
            "left_out": coverage.left_out(told.Index, LARGEST),
        }
        for told in coverage.publishers.head(COVERING).itertuples()
    ]


def _placed(stories: Stories) -> list[dict[str, Any]]:
    """The headlines that were assigned to a story with the least support."""
    rows = np.flatnonzero(stories.assigned)
    rows = rows[np.argsort(stories.vote.support[rows], kind="stable")][:PLACED]
    return [
        _named(stories, row)
        | {
            "story": int(stories.labels[row]),
            "support": round(float(stories.vote.support[row]), 3),
            "share": round(float(stories.vote.share[row]), 3),
        }
        for row in rows.tolist()
    ]


def _round_ups(stories: Stories, doubt: pd.DataFrame, evidence: Evidence, neighbors: Neighbors) -> list[dict[str, Any]]:
    """The headlines that are near several stories and in none."""
    found = round_ups(evidence, stories.labels, neighbors, doubt["own"].median()) if len(doubt) else []
    return [_named(stories, row) | {"stories": near, "alike": round(to, 3)} for row, near, to in found[:PLACED]]


def _named(stories: Stories, row: int) -> dict[str, str]:
    document = stories.documents.iloc[[row]]
    return {"title": plain(headlines(document).iloc[0])[:LETTERS], "language": document["language"].iloc[0]}

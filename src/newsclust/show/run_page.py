"""A run's page, ``report.html``: one file that anybody can open, made only from the run's record.

``templates/run`` has its look and its scripts. The page contains the headlines compressed; the browser unpacks them and
shows what a reader asks for. Nothing is computed here, and nothing is fetched from a network.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from ..errors import RunError
from ..paths import short, write_whole
from ..run.page_data import LARGEST, read_page_data
from ..run.record import FIGURES, REJECTED, Record, on_one_line, read_record, written
from ..wording import count, said, said_of_newcomers
from .drawing import cut_at_word

TEMPLATE = Path(__file__).parent / "templates/run"
SCRIPTS = ("data.js", "list.js", "corrections.js", "map.js")
#: How many stories of each kind the line of news names; topics drawn; doubtful stories; reasons for set-aside rows.
NAMED, TOPICS, DOUBTED, REASONS = 3, 12, 8, 6
#: Figures in the page's head.
_IN_HEAD = {"n_documents", "n_clusters", "noise_fraction"}
#: Facts of the record that are elsewhere on the page.
_ELSEWHERE = {"command", "stages", "notices"}
_SAID = {
    "emerging": "emerging", "joined": "continue", "new": "new", "split": "split off", "merged": "merged",
    "back": "came back", "grew": "grew",
}  # fmt: skip


def write_page(folder: str | Path, links: dict[str, str] | None = None, page: Path | None = None) -> Path:
    """Write ``report.html`` into a finished run's folder.

    Parameters
    ----------
    folder : str or Path
        With the record that `newsclust.run.record.finish` left there, or
        `newsclust.arrivals.assigned.finish_assignment`.
    links : dict of str, optional
        More to read about the run: link texts and their targets, relative to the folder.
    page : Path, optional
        Where to write the page instead.

    Returns
    -------
    Path
        The page, which is written whole or not at all.

    Raises
    ------
    RunError
        If there is no record, a damaged one, or one of an earlier version.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record is None:
        raise RunError(f"{short(folder)} has no record of a finished run, or a damaged one: run it again.")
    data = read_page_data(folder)
    data["name"] = name_of_data(record)
    page = page or folder / "report.html"
    write_whole(page, _rendered(data, record, _set_aside(folder), links or {}))
    return page


def news_of(folder: str | Path) -> str:
    """The page's first line about a run that continues another or has dates; "" if nothing is new."""
    record = read_record(Path(folder))
    if record is None:
        return ""
    data = read_page_data(Path(folder))
    columns = data["stories"]
    news = _news([dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)])
    told = [f"{kind['said']} ({_named(kind)})" for kind in news]
    return f"Since {_since(data, record)}: {'; '.join(told)}." if told else ""


def _named(kind: dict[str, Any]) -> str:
    more = [f"and {kind['n'] - NAMED:,} more"] if kind["n"] > NAMED else []
    return ", ".join([f"“{cut_at_word(row['title'], 48)}”" for row in kind["rows"]] + more)


def name_of_data(record: Record) -> str:
    """The name of the data for readers: a file's name without its ending."""
    source = str(record.provenance.get("data", "headlines")).rpartition(": ")[0] or str(record.parameters.get("data"))
    path = Path(urlsplit(source).path if "://" in source else source)
    return (path.stem if path.suffix and len(path.suffix) < 9 else path.name) or source


@cache
def _template() -> Any:
    """The page's template, which takes a third of a second to compile."""
    from jinja2 import Environment, FileSystemLoader

    made = Environment(loader=FileSystemLoader(TEMPLATE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["cut"] = cut_at_word
    return made.get_template("page.html.j2")


def _rendered(data: dict[str, Any], record: Record, set_aside: list[tuple], links: dict[str, str]) -> str:
    script = "\n".join((TEMPLATE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    packed = base64.b64encode(gzip.compress(json.dumps(data, ensure_ascii=False).encode(), 6, mtime=0)).decode()
    columns = data["stories"]
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    stories, time, topics, news = {row["number"]: row for row in rows}, data["time"], data["topics"], _news(rows)
    doubts = sorted((row for row in rows if row["doubt"]), key=lambda row: (row["separation"], row["number"]))[:DOUBTED]
    for row in doubts:
        row["next_to"] = stories.get(row["rival"])
    known = {name: value for name, value in record.metrics.items() if value is not None and name not in _IN_HEAD}
    changed = record.changed if "k" in record.parameters else record.parameters
    return _template().render(
        name=data["name"],
        style=(TEMPLATE / "page.css").read_text(encoding="utf-8"),
        script=script,
        digest=digest,
        packed=packed,
        count=count,
        data=data,
        repeats=record.metrics.get("n_repeats"),
        largest=min(LARGEST, len(rows)),
        stories=stories,
        head=_head(data, record.metrics),
        since=_since(data, record),
        news=news,
        time=_time_rows(time, stories) if time else [],
        ticks=_ticks(time) if time else [],
        topics=_topics(topics, rows),
        doubts=doubts,
        parts=[
            ("stories", "Stories", True),
            ("corrections", "Corrections", True),
            ("time", "Time", time),
            ("topics", "Topics", topics),
            ("coverage", "Coverage", data.get("coverage")),
            ("doubts", "Doubts", doubts or data["placed"] or data.get("round_ups")),
            ("made", "How it was made", True),
        ],
        sorts=[
            ("size", "largest", True),
            ("news", "what is new", news),
            ("late", "latest headline", time),
            ("early", "first headline", time),
            ("topic", "topic", topics),
            ("doubt", "most doubtful", doubts),
            ("reliable", "least reliable", "reliability" in columns),
            ("title", "title", True),
        ],
        figures=[(label, written(name, known[name])) for name, (label, _) in FIGURES.items() if name in known],
        changed={name: said(value) for name, value in changed.items()},
        others={name: said(value) for name, value in record.parameters.items() if name not in changed},
        provenance=record.provenance,
        provenance_said={n: on_one_line(value) for n, value in record.provenance.items() if n not in _ELSEWHERE},
        set_aside=set_aside,
        notices=record.provenance.get("notices", []),
        links=links,
    )


def _day(minute: int, year: bool = True) -> str:
    """``11 November 2024``, of minutes since 1970."""
    return f"{pd.Timestamp(minute, unit='m'):%d %B %Y}".lstrip("0").removesuffix("" if year else f" {_year(minute)}")


def _year(minute: int) -> int:
    return pd.Timestamp(minute, unit="m").year


def _head(data: dict[str, Any], metrics: dict[str, Any]) -> dict[str, str]:
    """The first sentence, its middle part to be set in bold."""
    if "n_newcomers" in metrics:
        return dict(zip(("what", "stories", "noise"), said_of_newcomers(metrics), strict=True))
    by, when, time = "", "", data["time"]
    if data["n_publishers"]:
        by = f" by {count(data['n_publishers'], 'publisher')}"
    if time:
        first, last = time["first"], time["last"]
        when = f", {_day(last)}"
        if _day(first) != _day(last):
            when = f", {_day(first, _year(first) != _year(last))} to {_day(last)}"
    none = round(metrics["noise_fraction"] * metrics["n_documents"])
    share = written("noise_fraction", metrics["noise_fraction"])
    return {
        "what": f"{count(metrics['n_documents'], 'headline')}{by}{when}:",
        "stories": count(metrics["n_clusters"], "story", "stories"),
        "noise": f". {count(none, 'headline')} ({share}) {'is' if none == 1 else 'are'} in none.",
    }


def _since(data: dict[str, Any], record: Record) -> str:
    """Since when something is new: a run, a day, or an hour."""
    previous, time = record.parameters.get("previous") or record.parameters.get("run"), data["time"]
    if previous or not time:
        return Path(str(previous or "")).name
    hour = f", {pd.Timestamp(time['since'], unit='m'):%H:%M}" if "hour" in time["unit"] else ""
    return _day(time["since"], year=False) + hour


def _news(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each kind of mark, how many stories have it, and the largest of them."""
    found = []
    for kind in _SAID:
        marked = [row for row in rows if row["mark"] and row["mark"][0] == kind]
        if marked:
            found.append({"said": f"{len(marked):,} {_SAID[kind]}", "n": len(marked), "rows": marked[:NAMED]})
    return found


def _time_rows(time: dict[str, Any], stories: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The stories drawn in time, in the order of their busiest bin, each with the outline of its bars."""
    counts = np.array(time["counts"]).reshape(len(time["counts"]), len(time["starts"]))
    top = max(6, np.quantile(counts.max(axis=1), 0.9)) if len(counts) else 6
    rows = []
    for place in np.lexsort((-counts.sum(axis=1), counts.argmax(axis=1))):
        there = np.flatnonzero(counts[place])
        heights = np.clip(counts[place][there] / top * 14, 1, 14).round(1)
        bars = "".join(f"M{at} 15v{-height:g}h.8v{height:g}z" for at, height in zip(there, heights, strict=True))
        when = f"{time['said'][there[0]]} to {time['said'][there[-1]]}" if len(there) else ""
        rows.append({"story": stories[time["stories"][place]], "bars": bars, "when": when, "n": counts[place].sum()})
    return rows


def _ticks(time: dict[str, Any]) -> list[tuple[float, str]]:
    """The positions and labels of ticks on the axis of time."""
    starts, unit = pd.to_datetime(time["starts"]), time["unit"]
    form = "%d %b %H:%M" if "hour" in unit else "%d %b" if unit in ("day", "week") else "%b %Y"
    step = -(-len(starts) // 9)
    return [(100 * at / len(starts), starts[at].strftime(form).lstrip("0")) for at in range(0, len(starts), step)]


def _topics(topics: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    most = max((topic["size"] for topic in topics), default=0)
    return [
        topic | {"rows": [row for row in rows if row["topic"] == number], "rest": most - topic["size"]}
        for number, topic in enumerate(topics[:TOPICS])
    ]


def _set_aside(folder: Path) -> list[tuple[str, int, str]]:
    """Why rows were set aside, how many each, and the first: the most frequent reasons first."""
    if not (folder / REJECTED).is_file():
        return []
    rows = pd.read_csv(folder / REJECTED, dtype=str, keep_default_na=False)
    groups = rows.groupby("reason", sort=False)["line"].agg(["size", "first"]).sort_values("size", ascending=False)
    return list(groups.head(REASONS).itertuples(name=None))

"""A run's page, ``report.html``: one file that anybody can open, made of the run's record alone.

``templates/run`` holds how it looks and what it does. The headlines travel packed; the browser unpacks them, and makes
of them what a reader asks for. Nothing is computed here, and nothing is asked of a network.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from ..errors import RunError
from ..paths import short, write_whole
from ..run.page_data import read_page_data
from ..run.record import FIGURES, REJECTED, Record, read_record, written
from ..stories.marks import KINDS
from ..wording import count, said
from .drawing import cut_at_word

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = Path(__file__).parent / "templates/run"
SCRIPTS = ("data.js", "list.js", "map.js")
#: Named in the line of what is new, of each kind; topics drawn; stories doubted; reasons why rows were set aside.
NAMED, TOPICS, DOUBTED, REASONS = 3, 12, 8, 6
#: Figures that stand in the head.
_IN_HEAD = {"n_documents", "n_clusters", "noise_fraction"}
_SAID = {"new": "new", "split": "split off", "merged": "merged", "back": "came back", "grew": "grew"}


def write_page(folder: str | Path, title: str = "", links: dict[str, str] | None = None) -> Path:
    """Write ``report.html`` into a finished run's folder.

    Parameters
    ----------
    folder : str or Path
        With the record that `newsclust.run.record.finish` left there, or
        `newsclust.arrivals.assigned.finish_assignment`.
    title : str, optional
        The page's name; by default that of the data.
    links : dict of str, optional
        What else there is to read of the run: words and where they lead, from the folder.

    Returns
    -------
    Path
        Of the page, which is there whole or not at all.

    Raises
    ------
    RunError
        If there is no record, a damaged one, or one of an earlier version.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record is None:
        raise RunError(f"{short(folder)} holds no record of a finished run, or a damaged one: run it again.")
    data = read_page_data(folder)
    data["name"] = title or name_of_data(record)
    page = folder / "report.html"
    write_whole(page, _rendered(data, record, _set_aside(folder), links or {}))
    return page


def name_of_data(record: Record) -> str:
    """What a reader calls the data: a file's name without its ending."""
    source = str(record.provenance.get("data", "headlines")).rpartition(": ")[0] or str(record.parameters.get("data"))
    path = Path(urlsplit(source).path if "://" in source else source)
    return (path.stem if path.suffix and len(path.suffix) < 9 else path.name) or source


def _rendered(data: dict[str, Any], record: Record, set_aside: list[tuple], links: dict[str, str]) -> str:
    script = "\n".join((TEMPLATE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    packed = base64.b64encode(gzip.compress(json.dumps(data, ensure_ascii=False).encode(), 6, mtime=0)).decode()
    known = {name: value for name, value in record.metrics.items() if value is not None and name not in _IN_HEAD}
    changed = record.changed if "k" in record.parameters else record.parameters
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            name=data["name"],
            style=(TEMPLATE / "page.css").read_text(encoding="utf-8"),
            script=script,
            digest=digest,
            packed=packed,
            data=data,
            stories=_by_number(data),
            head=_head(data, record.metrics),
            since=_since(data, record),
            news=_news(data),
            gone=data.get("gone", {}),
            time=_time_rows(data),
            ticks=_ticks(data),
            topics=_topics(data),
            doubts=_doubts(data),
            figures=[(label, written(name, known[name])) for name, (label, _) in FIGURES.items() if name in known],
            changed={name: said(value) for name, value in changed.items()},
            others={name: said(value) for name, value in record.parameters.items() if name not in changed},
            provenance=record.provenance,
            set_aside=set_aside,
            links=links,
        )
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader

    made = Environment(loader=FileSystemLoader(TEMPLATE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"cut": cut_at_word, "said": said, "day": day}
    made.globals["count"] = count
    return made


def day(minute: int, year: bool = True) -> str:
    """``11 November 2024``, of minutes since 1970."""
    when = pd.Timestamp(minute, unit="m")
    return f"{when.day} {when:%B %Y}" if year else f"{when.day} {when:%B}"


def _by_number(data: dict[str, Any]) -> dict[int, dict[str, Any]]:
    columns = data["stories"]
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return {row["number"]: row for row in rows}


def _head(data: dict[str, Any], metrics: dict[str, Any]) -> dict[str, str]:
    publishers, time = data["n_publishers"], data["time"]
    said_when = ""
    if time:
        first, last = (pd.Timestamp(time[end], unit="m") for end in ("first", "last"))
        same = first.year == last.year
        said_when = f", {day(time['first'], not same)} to {day(time['last'])}"
        said_when = f", {day(time['last'])}" if first.date() == last.date() else said_when
    by = f" by {count(publishers, 'publisher')}" if publishers else ""
    if "n_newcomers" in metrics:
        n = {name: f"{value:,}" for name, value in metrics.items() if name.startswith("n_")}
        stories = count(metrics["n_joined_stories"], "story", "stories")
        return {
            "what": f"{count(metrics['n_newcomers'], 'new headline')}: {n['n_joined']} join {stories},",
            "stories": f"{n['n_in_emerging']} make {count(metrics['n_emerging'], 'emerging story', 'emerging stories')}",
            "noise": f", {n['n_alone']} stand alone.",
        }
    n, noise = metrics["n_documents"], metrics["noise_fraction"]
    none = round(noise * n)
    share = written("noise_fraction", noise)
    return {
        "what": f"{count(n, 'headline')}{by}{said_when}:",
        "stories": count(metrics["n_clusters"], "story", "stories"),
        "noise": f". {count(none, 'headline')} ({share}) {'is' if none == 1 else 'are'} in none.",
    }


def _since(data: dict[str, Any], record: Record) -> str:
    previous = record.parameters.get("previous") or record.parameters.get("run")
    if previous:
        return Path(str(previous)).name
    if not data["time"]:
        return ""
    since = data["time"]["since"]
    hour = f", {pd.Timestamp(since, unit='m'):%H:%M}" if "hour" in data["time"]["unit"] else ""
    return day(since, year=False) + hour


def _news(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each kind of mark how many stories have it, and the largest of them."""
    marked = sorted(
        (row for row in _by_number(data).values() if row["mark"]),
        key=lambda row: (KINDS.index(row["mark"][0]), -row["size"]),
    )
    kinds = [(kind, list(rows)) for kind, rows in groupby(marked, key=lambda row: row["mark"][0])]
    return [{"said": f"{len(rows):,} {_SAID[kind]}", "n": len(rows), "rows": rows[:NAMED]} for kind, rows in kinds]


def _time_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The stories drawn in time, in the order of their busiest bin, each with the outline of its bars."""
    time = data["time"]
    if not time or not time["counts"]:
        return []
    counts, told = np.array(time["counts"]), _by_number(data)
    top = max(6, np.quantile(counts.max(axis=1), 0.9))
    rows = []
    for place in np.lexsort((-counts.sum(axis=1), counts.argmax(axis=1))):
        there = np.flatnonzero(counts[place])
        heights = np.maximum(1, np.minimum(1, counts[place][there] / top) * 14).round(1)
        bars = "".join(f"M{bin_} 15v{-height:g}h.8v{height:g}z" for bin_, height in zip(there, heights, strict=True))
        when = f"{time['said'][there[0]]} to {time['said'][there[-1]]}" if len(there) else ""
        rows.append({"story": told[time["stories"][place]], "bars": bars, "when": when, "n": int(counts[place].sum())})
    return rows


def _ticks(data: dict[str, Any]) -> list[tuple[float, str]]:
    """Where on the axis of time which words stand: the bins' own, as many as there is room for."""
    if not data["time"]:
        return []
    starts, unit = pd.to_datetime(data["time"]["starts"]), data["time"]["unit"]
    form = "%d %b %H:%M" if "hour" in unit else "%d %b" if unit in ("day", "week") else "%b %Y"
    step = -(-len(starts) // 9)
    return [(100 * at / len(starts), starts[at].strftime(form).lstrip("0")) for at in range(0, len(starts), step)]


def _topics(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = [{**topic, "rows": []} for topic in data["topics"]]
    for row in _by_number(data).values():
        if row["topic"] >= 0:
            found[row["topic"]]["rows"].append(row)
    most = max((topic["size"] for topic in found), default=1)
    return [{**topic, "rest": most - topic["size"]} for topic in found[:TOPICS]]


def _doubts(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The stories that stand apart least, each with the one it is nearly a part of."""
    told = _by_number(data)
    known = [row for row in told.values() if row["separation"] is not None and row["doubt"]]
    worst = sorted(known, key=lambda row: (row["separation"], row["number"]))[:DOUBTED]
    return [row | {"next_to": told.get(row["rival"])} for row in worst]


def _set_aside(folder: Path) -> list[tuple[str, int, str]]:
    """Why rows were set aside, how many each, and the first: the most frequent reasons first."""
    if not (folder / REJECTED).is_file():
        return []
    rows = pd.read_csv(folder / REJECTED, dtype=str, keep_default_na=False)
    groups = rows.groupby("reason", sort=False)["line"].agg(["size", "first"]).sort_values("size", ascending=False)
    return [(str(reason), int(n), str(line)) for reason, n, line in groups.head(REASONS).itertuples()]

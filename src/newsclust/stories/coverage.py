"""Who reported what: the first publisher of each story, and how the stories of two groups of publishers differ."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..corpus.facts import printed
from ..errors import ParameterError
from ..markup import plain
from ..wording import count
from .sources import find_sources

if TYPE_CHECKING:
    from .stories import Stories


@dataclass(frozen=True, eq=False)
class Coverage:
    """Who reported which story, when, and by whose text.

    A headline is a row of the file: each of several rows with equal text counts for its own publisher and time.

    Attributes
    ----------
    entries : DataFrame, one row per story and publisher that reported it, the earliest of a story first
        ``story, publisher, first`` (datetime, NaT if undated), ``hours`` (after the story's first), ``headlines`` and
        ``source``: the agencies and papers that these name as their source (see
        `newsclust.stories.sources.find_sources`), joined by ", ".
    stories : DataFrame, one row per story
        Index ``story``; ``title, size`` (documents), ``headlines, publishers, first_publisher`` (of the earliest
        headline; "" if it names none), ``reports`` (near-copies, and headlines that name the same source, counted
        once), ``source`` and ``first``.
    publishers : DataFrame, one row per publisher, those with the most stories first
        Index ``publisher``; ``headlines``, how many of them name a source (``sourced``), and numbers of stories:
        ``stories`` (reported), ``first_with`` and ``left_out``.
    sources : Series of int
        The number of headlines in stories that name each source, the most frequent first.
    """

    entries: pd.DataFrame
    stories: pd.DataFrame
    publishers: pd.DataFrame
    sources: pd.Series

    def __repr__(self) -> str:
        if self.publishers.empty:
            return "No headline in a story names its publisher."
        alone = int((self.stories["publishers"] == 1).sum())
        named = ", ".join(f"{name} {n:,}" for name, n in self.sources.head(5).items())
        return (
            f"{count(len(self.publishers), 'publisher')} reported {count(len(self.stories), 'story', 'stories')}; "
            f"{f'{alone:,}' if alone else 'none'} of these were by one publisher alone."
            + (f" Sources that headlines name: {named}." if named else "")
        )

    def left_out(self, publisher: str, among: int) -> list[int]:
        """Those of the `among` largest stories that a publisher did not report; the largest first."""
        reported = self.entries.loc[self.entries["publisher"] == publisher, "story"]
        largest = self.stories["size"].sort_values(ascending=False, kind="stable").index[:among]
        return largest[~largest.isin(reported)].tolist()


def cover(stories: Stories) -> Coverage:
    """Count who reported each story, who had it first, and what each publisher left out."""
    held = _headlines(stories).assign(source=lambda rows: find_sources(stories.documents)[rows["document"]])
    named = held[held["source"] != ""].assign(source=lambda rows: rows["source"].str.split(", ")).explode("source")
    named = named.sort_values("source", key=lambda names: names.str.casefold())
    by = held[held["publisher"] != ""].groupby(["story", "publisher"])
    entries = by.agg(first=("time", "min"), headlines=("time", "size"))
    sources = named.groupby(["story", "publisher"])["source"].agg(_joined)
    entries["source"] = sources.reindex(entries.index, fill_value="")
    entries = entries.reset_index().sort_values(["story", "first", "publisher"], ignore_index=True)
    in_story, table = held.groupby("story"), stories.table[["title", "size"]].rename_axis("story")
    begins = in_story["time"].min()
    entries["hours"] = (entries["first"] - begins.reindex(entries["story"]).to_numpy()) / pd.Timedelta(hours=1)
    table["headlines"] = in_story.size()
    table[["publishers", "first_publisher"]] = stories.table[["publishers", "first_publisher"]]
    # If near-copies name several sources, the first in the alphabet counts.
    report = held["source"].replace("", None).groupby([held["story"], held["repeats"]]).transform("min")
    table["reports"] = report.fillna(held["repeats"].astype(str)).groupby(held["story"]).nunique()
    table["source"] = named.groupby("story")["source"].agg(_joined).reindex(table.index, fill_value="")
    table["first"] = begins
    per = entries.groupby("publisher").agg(headlines=("headlines", "sum"), stories=("story", "size"))
    of_publisher = {"fill_value": 0, "index": per.index}
    per.insert(1, "sourced", held.loc[held["source"] != "", "publisher"].value_counts().reindex(**of_publisher))
    per["first_with"] = table["first_publisher"].map(plain).value_counts().reindex(**of_publisher)
    per["left_out"] = len(table) - per["stories"]
    per = per.sort_values(["stories", "headlines"], ascending=False, kind="stable")
    sources = named["source"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return Coverage(entries, table, per, sources)


def compare_groups(stories: Stories, one: Collection[str], two: Collection[str]) -> pd.DataFrame:
    """How much of each story's coverage is by one of two groups of publishers, and whether that is unusual.

    Returns
    -------
    DataFrame, one row per story that either group reported, the most unusual first
        Index ``story``; ``one`` and ``two`` (headlines), ``share`` of the first group with its 95 % interval ``low`` to
        ``high`` (Wilson), ``p`` (binomial test against the first group's share of all these headlines), ``q`` (p,
        corrected for the number of tests by Benjamini and Hochberg), ``effect`` (Cohen's h) and
        ``only`` ("one", "two" or "").

    Raises
    ------
    ParameterError
        If a publisher is in both groups.
    """
    from scipy.stats import binomtest, false_discovery_control

    if both := sorted({*one} & {*two}):
        raise ParameterError(f"{both[0]} is in both groups of publishers: remove it from one.")
    held = _headlines(stories)
    group = pd.Series(np.select([held["publisher"].isin(one), held["publisher"].isin(two)], ["one", "two"], ""))
    table = pd.crosstab(held["story"].to_numpy(), group.to_numpy()).reindex(columns=["one", "two"], fill_value=0)
    table = table[table.sum(axis=1) > 0].rename_axis(index="story", columns=None)
    usual = table["one"].sum() / max(1, table.to_numpy().sum())
    tests = [binomtest(int(a), int(a + b), usual) for a, b in table.to_numpy()]
    spans = [test.proportion_ci(method="wilson") for test in tests]
    table["share"] = [test.statistic for test in tests]
    table["low"], table["high"] = [span.low for span in spans], [span.high for span in spans]
    table["p"] = [test.pvalue for test in tests]
    table["q"] = false_discovery_control(table["p"]) if len(table) else []
    table["effect"] = 2 * np.arcsin(np.sqrt(table["share"])) - 2 * np.arcsin(np.sqrt(usual))
    table["only"] = np.select([table["two"] == 0, table["one"] == 0], ["one", "two"], "")
    return table.sort_values(["p", "share"], kind="stable")


def _headlines(stories: Stories) -> pd.DataFrame:
    """The headlines in stories: document, story, publisher ("" if none is named), time, and the one each repeats."""
    rows = printed(stories.documents)
    rows = rows.assign(story=stories.labels[rows["document"]], repeats=stories.repeats[rows["document"]])
    rows = rows[rows["story"] >= 0].reset_index(drop=True)
    return rows.assign(publisher=rows["publisher"].map(plain))


def _joined(names: pd.Series) -> str:
    return ", ".join(names.drop_duplicates())

"""The arguments of the notebooks: how near is near, doubtful noise, doubtful and unreliable stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..markup import Sentences
from ..stories.doubts import doubts, worst_first
from ..wording import count
from .drawing import COLOURS, INK, cut_at_word
from .figure import Figure, chart
from .listings import Table, linked_headlines

if TYPE_CHECKING:
    from ..neighbors.neighbors import Neighbors
    from ..run.results import Links
    from ..stories.evidence import Evidence
    from ..stories.stories import Stories

_PLACES = (1, 2, 3, 5, 10)
_BINS = 40


def knee(distances: np.ndarray) -> float:
    """Where the rising curve of the sorted distances turns steep: the point farthest from the chord of its ends.

    V. Satopää, J. Albrecht, D. Irwin and B. Raghavan 2011, *Finding a "kneedle" in a haystack*, ICDCS workshops.
    """
    rising = np.sort(distances)
    if not len(rising) or rising[0] == rising[-1]:
        return float(rising[-1]) if len(rising) else 0.0
    height = (rising - rising[0]) / (rising[-1] - rising[0])
    return float(rising[np.argmax(np.linspace(0, 1, len(rising)) - height)])


def nearest(links: Links) -> Figure:
    """Draw how far the nearest other headline is, and say how many headlines have one near neighbour, two, three ...

    A neighbour is near if it is nearer than the `knee` of the distances to the nearest.

    Parameters
    ----------
    links : Links
    """
    k = links.distances.shape[1]
    first = links.distances[:, 0] if k else np.empty(0)
    near = knee(first[np.isfinite(first)])
    shares = {place: float((links.distances[:, place - 1] <= near).mean()) for place in _PLACES if place <= k}
    with chart(300) as (fig, axes):
        counts, edges = np.histogram(first[np.isfinite(first)].astype(np.float64), bins=_BINS)
        colours = [COLOURS[0] if left < near else INK for left in edges[:-1]]
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colours, edgecolor="white")
        axes.axvline(near, color=INK, ls=":")
        axes.annotate(f" knee {near:.2f}", (near, 0.95), xycoords=("data", "axes fraction"))
        axes.set(xlabel="distance to the nearest other headline", ylabel="headlines")
    return Figure(_near_sentence(near, shares), fig)


def borderline(stories: Stories, n: int = 5) -> Table:
    """The close calls: `n` headlines in no story that were nearest to one, `n` that joined one with least support."""
    vote, parts = stories.vote, []
    left_out, joined = np.flatnonzero((stories.labels < 0) & (vote.nearest >= 0)), np.flatnonzero(stories.assigned)
    for what, rows, order in (("left out, nearest to", left_out, -vote.support), ("joined", joined, vote.support)):
        rows = rows[np.argsort(order[rows].round(9), kind="stable")][:n]
        story = stories.table["title"].reindex(vote.nearest[rows]).to_list()
        support = [f"{value:.2f}" for value in vote.support[rows]]
        told = {"what": what, "headline": linked_headlines(stories.documents, rows), "story": story, "support": support}
        parts.append(pd.DataFrame(told))
    return Table(pd.concat(parts, ignore_index=True), empty="No headline in no story has a neighbour in one.")


def noise_by_nearness(stories: Stories, neighbors: Neighbors) -> Sentences:
    """Whether noise headlines are those without a near neighbour: the shares of noise within and beyond the `knee`."""
    if not neighbors.k:
        return Sentences("There is one headline, which has no neighbour.")
    nearest, noise = neighbors.distances[:, 0], stories.clustering.labels < 0
    if not noise.any():
        return Sentences("No headline is noise.")
    near = nearest <= knee(nearest[np.isfinite(nearest)])
    within, beyond = (noise[part].mean() if part.any() else 0.0 for part in (near, ~near))
    told = (
        f"Of the {count(int(near.sum()), 'headline')} with a near neighbour HDBSCAN leaves {within:.0%} as noise, "
        f"of the {count(int((~near).sum()), 'other')} {beyond:.0%}"
    )
    alone, all_noise = int((noise & ~near).sum()), int(noise.sum())
    if 2 * alone >= all_noise:
        return Sentences(f"{told}: {alone:,} of the {all_noise:,} in noise stand alone.")
    return Sentences(
        f"{told}. Most of the noise, {all_noise - alone:,} of {all_noise:,}, has a near neighbour: a smaller "
        "min_samples or assign_noise = True may find it a story."
    )


def doubtful_stories(stories: Stories, evidence: Evidence, neighbors: Neighbors, n: int = 3) -> Table:
    """The `n` least separated stories, and why: two of one event, or one of several.

    A story's `separation` is the mean of its headlines' (`newsclust.stories.settings.separation`), from their mean
    similarity to their own story and to the next one, as they were clustered: 1 is the same, 0 the average of two
    random headlines.
    """
    columns = ["story", "headlines", "separation", "alike", "like the next", "why"]
    if stories.table.empty:
        return Table(pd.DataFrame(columns=columns), empty="There are no stories to doubt.")
    found = doubts(evidence, stories.labels, neighbors).dropna(subset="separation")
    usual, titles = found["own"].median(), stories.table["title"]
    worst = found.loc[worst_first(found)[:n]]
    rows = [
        (
            titles[story.Index],
            int(stories.table.loc[story.Index, "size"]),
            f"{story.separation:.2f}",
            f"{story.own:.2f}",
            f"{story.next:.2f}",
            _why(story, usual, titles.get(story.rival, "")),
        )
        for story in worst.itertuples()
    ]
    return Table(pd.DataFrame(rows, columns=columns))


def least_reliable(table: pd.DataFrame, n: int = 5) -> Table:
    """The `n` least reliable stories in a finished run's table; see `newsclust.stories.reliability`."""
    if "reliability" not in table:
        return Table(pd.DataFrame(), empty="The run was made by an earlier version, without reliability: run it again.")
    worst = table.sort_values("reliability", kind="stable").head(n)
    numbers = {name: [f"{value:.2f}" for value in worst[name]] for name in ("reliability", "together")}
    return Table(pd.DataFrame({"story": worst["title"].to_numpy(), "headlines": worst["size"].to_numpy(), **numbers}))


def _why(story: Any, usual: float, rival: str) -> str:
    name = f"“{cut_at_word(rival, 70)}”"
    if story.kind == "twice":
        return f"as near to {name} as to each other: probably one event in two stories"
    if story.kind == "loose":
        loose = f"not much alike (the median story {usual:.2f}): probably several events in one"
        return f"{loose}; the next is {name}" if rival and story.next > story.own / 2 else loose
    return f"close to {name}: a neighbour, or a part of it" if story.kind else "nothing: it stands apart"


def _near_sentence(near: float, shares: dict[int, float]) -> str:
    if not shares:
        return "There are no neighbours to measure."
    told = ", ".join(f"{share:.0%} have {place}" for place, share in shares.items() if place > 1)
    sentence = f"{shares[1]:.0%} of the headlines have another one nearer than the knee at {near:.2f}"
    return sentence + (f"; {told}." if told else ".")

"""What `cluster.ipynb` argues with: how near is near, distances by hand, doubtful noise and doubtful stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..corpus.facts import headlines
from ..markup import Sentences
from ..stories.doubts import doubts
from ..stories.settings import centred
from ..wording import count
from .drawing import INK, SYMBOLS, cut_at_word, style, with_alternative
from .figure import Figure
from .listings import Table, least_certain, linked_headlines

if TYPE_CHECKING:
    from ..neighbors.neighbors import Neighbors
    from ..run.results import Links
    from ..stories.stories import Stories
    from ..vectors.store import Embeddings

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

    Near is what is nearer than the `knee` of the distances to the nearest.

    Parameters
    ----------
    links : Links
    """
    import plotly.graph_objects as go

    near, shares = _near_shares(links.distances)
    first = links.distances[:, 0] if shares else np.empty(0)
    counts, edges = np.histogram(first[np.isfinite(first)], bins=_BINS)
    fig = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker_color=[SYMBOLS[0][0] if left < near else INK for left in edges[:-1]],
            hovertemplate="distance %{x:.2f}: %{y} headlines<extra></extra>",
        )
    )
    fig.add_vline(x=near, line=dict(color=INK, width=1.5, dash="dot"))
    fig.add_annotation(x=near, y=1, yref="paper", text=f"knee {near:.2f}", showarrow=False, xanchor="left", xshift=6)
    style(fig, height=300)
    fig.update_layout(
        margin=dict(l=56, r=8, t=16, b=48),
        showlegend=False,
        bargap=0.05,
        xaxis=dict(title="distance to the nearest other headline", zeroline=False, fixedrange=True),
        yaxis=dict(title="headlines", fixedrange=True),
    )
    table = pd.DataFrame(
        {"neighbours": list(shares), "headlines with so many near ones": [f"{share:.0%}" for share in shares.values()]}
    )
    return with_alternative(fig, _near_sentence(near, shares), table)


def nearly_in(stories: Stories, n: int = 5) -> Table:
    """The `n` headlines in no story that are closest to being in one, and what their neighbours say of them."""
    rows = np.flatnonzero((stories.labels < 0) & (stories.vote.nearest >= 0))
    rows = rows[np.argsort(-stories.vote.support[rows].round(9), kind="stable")][:n]
    least = stories.parameters["least_support"]
    frame = pd.DataFrame(
        {
            "headline": _headlines(stories.documents, rows),
            "nearly belonged to": stories.table["title"].reindex(stories.vote.nearest[rows]).to_list(),
            "support": [f"{value:.2f}" for value in stories.vote.support[rows]],
            "assign_noise": ["would add it" if value >= least else "leaves it" for value in stories.vote.support[rows]],
        }
    )
    shown = frame.assign(headline=linked_headlines(stories.documents, rows))
    return Table(frame, shown, empty="No headline in no story has a neighbour in one.")


def borderline(stories: Stories, n: int = 5) -> Table:
    """The close calls: `n` headlines in no story that were nearest to one, `n` that joined one with least support."""
    parts = []
    for what, found in (("left out, nearest to", nearly_in(stories, n)), ("joined", least_certain(stories, n))):
        linked = found.shown.assign(what=what).set_axis(["headline", "story", "support", "", "what"], axis=1)
        parts.append(linked[["what", "headline", "story", "support"]])
    return Table(pd.concat(parts, ignore_index=True), empty="No headline in no story has a neighbour in one.")


def noise_by_nearness(stories: Stories, neighbors: Neighbors) -> Sentences:
    """Whether noise is what has no near neighbour: the shares of noise within the `knee` and beyond it."""
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
        f"{told}. Most of the noise, {all_noise - alone:,} of {all_noise:,}, has company: a smaller min_samples or "
        "assign_noise = True may find it a story."
    )


def doubtful_stories(stories: Stories, embeddings: Embeddings, neighbors: Neighbors, n: int = 3) -> Table:
    """The `n` stories that stand apart least, and why: two of one event, or one of several.

    A story's `separation` is the mean of its headlines' (`newsclust.stories.settings.separation`), from their mean
    similarity to their own story and to the next one, of centred vectors: 1 is the same, 0 what two headlines of the
    pile have on average.
    """
    columns = ["story", "headlines", "separation", "alike", "like the next", "why"]
    if stories.table.empty:
        return Table(pd.DataFrame(columns=columns), empty="There are no stories to doubt.")
    found = doubts(centred(embeddings.vectors), stories.labels, neighbors).dropna(subset="separation")
    usual, titles = found["own"].median(), stories.table["title"]
    worst = found.iloc[np.lexsort((found.index, found["separation"].round(9)))[:n]]
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


def _headlines(documents: pd.DataFrame, rows: np.ndarray) -> list[str]:
    return headlines(documents.iloc[rows]).tolist()


def _why(story: Any, usual: float, rival: str) -> str:
    name = f"“{cut_at_word(rival, 70)}”"
    if story.kind == "twice":
        return f"as near to {name} as to each other: probably one event in two stories"
    if story.kind == "loose":
        loose = f"not much alike (the median story {usual:.2f}): probably several events in one"
        return f"{loose}; the next is {name}" if rival and story.next > story.own / 2 else loose
    return f"close to {name}: a neighbour, or a part of it" if story.kind else "nothing: it stands apart"


def _near_shares(distances: np.ndarray) -> tuple[float, dict[int, float]]:
    k = distances.shape[1]
    if not k:
        return 0.0, {}
    near = knee(distances[:, 0][np.isfinite(distances[:, 0])])
    return near, {place: float((distances[:, place - 1] <= near).mean()) for place in _PLACES if place <= k}


def _near_sentence(near: float, shares: dict[int, float]) -> str:
    if not shares:
        return "There are no neighbours to measure."
    told = ", ".join(f"{share:.0%} have {place}" for place, share in shares.items() if place > 1)
    sentence = f"{shares[1]:.0%} of the headlines have another one nearer than the knee at {near:.2f}"
    return sentence + (f"; {told}." if told else ".")

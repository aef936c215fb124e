"""The parts of the stories: the two ways to select clusters from one tree, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graph_hdbscan.hierarchy import select

from ..clusters.clustering import SELECTION
from ..corpus.facts import headlines
from ..wording import count
from .exemplars import title_rows

if TYPE_CHECKING:
    from .stories import Stories


@dataclass(frozen=True, eq=False)
class Finer:
    """The clusters of ``cluster_selection_method`` ``"eom"``, and those of ``"leaf"`` inside them.

    Attributes
    ----------
    eom, leaf : DataFrame, one row per cluster
        Index ``cluster``: `size` and `title` of HDBSCAN's clusters alone, without assigned noise; one of the two is the
        run's own. `leaf` also has `story`, the cluster in `eom` that contains it, or -1.
    parts : DataFrame
        One row per part of the clusters in `eom` that `leaf` splits, the largest cluster and the largest part first:
        `story` (the number in `eom`), `part` (the number in `leaf`), `title`, `size`.
    noise : tuple of float
        The share of noise with ``"eom"`` and with ``"leaf"``.
    """

    eom: pd.DataFrame
    leaf: pd.DataFrame
    parts: pd.DataFrame
    noise: tuple[float, float]

    def __repr__(self) -> str:
        n_parted, n_gone = self.parts["story"].nunique(), int((~self.eom.index.isin(self.leaf["story"])).sum())
        gone = f", and {n_gone:,} would be noise" if n_gone else ""
        return (
            f"eom finds {count(len(self.eom), 'story', 'stories')} and {self.noise[0]:.1%} noise, leaf "
            f"{len(self.leaf):,} and {self.noise[1]:.1%}: leaf splits {n_parted:,} of eom's{gone}."
        )


def part_stories(stories: Stories) -> Finer:
    """Select clusters from the tree of these stories in both ways, with all other parameters unchanged.

    Parameters
    ----------
    stories : Stories
    """
    found, titled = stories.clustering, {}
    asked = {name: found.parameters[name] for name in ("min_cluster_size", *SELECTION)}
    own, labels = found.parameters["cluster_selection_method"], {}
    for method in ("eom", "leaf"):
        labels[method], probabilities = stories.hdbscan_labels, found.probabilities
        if method != own:
            labels[method], probabilities, _ = select(
                found.tree, len(found.ids), **asked | {"cluster_selection_method": method}
            )
        clusters, sizes = np.unique(labels[method][labels[method] >= 0], return_counts=True)
        if method == own:
            titles = stories.table["title"].reindex(clusters)
        else:
            titles = headlines(stories.documents.iloc[title_rows(stories.documents, labels[method], probabilities)])
        titled[method] = pd.DataFrame(
            {"size": sizes, "title": titles.to_numpy()}, index=pd.Index(clusters, name="cluster")
        )
    both = pd.DataFrame({"story": labels["eom"], "part": labels["leaf"]})
    # The story that contains each leaf; documents that are noise in either selection do not count.
    inside = both[(both >= 0).all(axis=1)].groupby("part")["story"].agg(lambda story: np.bincount(story).argmax())
    leaf = titled["leaf"].assign(story=inside.reindex(titled["leaf"].index).fillna(-1).astype(int))
    parts = leaf[leaf["story"] >= 0].rename_axis("part").reset_index()[["story", "part", "title", "size"]]
    parts = parts[parts.groupby("story")["part"].transform("size") > 1]
    parts = parts.sort_values(["story", "size"], ascending=[True, False], kind="stable", ignore_index=True)
    eom, leaves = (float((labels[method] < 0).mean()) if len(found.ids) else 0.0 for method in ("eom", "leaf"))
    return Finer(titled["eom"], leaf, parts, (eom, leaves))

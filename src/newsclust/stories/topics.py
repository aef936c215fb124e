"""Topics: stories that lie close together, as branches of the tree that the stories were selected from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..wording import count
from .branches import Branches, find_branches
from .naming import count_terms, describe_groups

if TYPE_CHECKING:
    from ..clusters.clustering import Clustering
    from .stories import Stories

#: A topic holds at most this share of the stories, and two or more of them.
LARGEST = 0.2
#: There are at most so many topics, or the root of the number of stories where that is more.
TOPICS = 12


@dataclass(frozen=True, eq=False)
class Topics:
    """What groups of stories are about.

    Attributes
    ----------
    table : DataFrame, one row per topic
        Index ``topic``; `size` (documents), `stories` (how many), `keywords`, `first` and `last` (ISO days),
        `publishers` (how many).
    n_alone : int
        Stories in no topic.
    """

    table: pd.DataFrame
    n_alone: int

    def __repr__(self) -> str:
        alone = f"{count(self.n_alone, 'story stands', 'stories stand')} alone"
        if self.table.empty:
            return f"No topic: {alone}."
        topics = count(len(self.table), "topic")
        return f"{topics} of {count(int(self.table['stories'].sum()), 'story', 'stories')}; {alone}."


def topic_numbers(clustering: Clustering, sizes: np.ndarray) -> np.ndarray:
    """The topic of each story: the condensed tree, cut higher than for the stories.

    A topic is a branch with two stories or more, but no more than `LARGEST` of all; the branch that it lies in holds
    more. A cut at one distance would not do: density differs from topic to topic, so that it leaves the loose ones
    apart where it already joins most others into one. Of more than `TOPICS` topics, or the root of the number of
    stories, those with the most documents remain; all other stories stand alone.

    Parameters
    ----------
    clustering : Clustering
    sizes : ndarray of int, shape (n_stories,)
        Documents of each story.

    Returns
    -------
    ndarray of int, shape (n_stories,)
        0 for the topic with the most documents, and so on; of equally large ones that with the smallest story's number
        comes first. -1 where a story stands alone.
    """
    branches, sizes = find_branches(clustering), np.asarray(sizes)
    topic = np.full(len(sizes), -1)
    members = [branches.story[inside] for inside in _cut(branches)]
    members.sort(key=lambda stories: (-sizes[stories].sum(), stories.min()))
    for number, stories in enumerate(members[: max(TOPICS, round(len(sizes) ** 0.5))]):
        topic[stories] = number
    return topic


def group_stories(stories: Stories) -> Topics:
    """Describe the topics: the groups of stories that `Stories.table` numbers in its column `topic`.

    Keywords are those that set a topic's documents apart from the other topics', as
    `newsclust.stories.naming.describe_clusters` finds them for stories.

    Parameters
    ----------
    stories : Stories
    """
    of_story = stories.table["topic"]
    labels = of_story.reindex(stories.labels).fillna(-1).to_numpy(dtype=int)
    if stories.terms is None:
        terms = count_terms(stories.documents, labels)
    else:
        of_cluster = np.append(stories.by_cluster["topic"].to_numpy(dtype=int), -1)
        terms = stories.terms.joined(of_cluster[stories.terms.groups])
    table = describe_groups(stories.documents, labels, terms)
    table.insert(1, "stories", of_story.value_counts().reindex(table.index).fillna(0).astype(int))
    return Topics(table.rename_axis("topic"), int((of_story < 0).sum()))


def _cut(branches: Branches) -> list[np.ndarray]:
    """The leaves of each topic's branch."""
    if not len(branches):
        return []
    n_stories = branches.n_stories[0]
    most = min(max(2, int(LARGEST * n_stories)), n_stories - 1)  # all stories together are no topic
    fits = (branches.n_stories >= 2) & (branches.n_stories <= most)
    parent, within = branches.parent.tolist(), [-1] * len(branches)
    for place in range(len(branches)):
        up = parent[place]
        within[place] = within[up] if up >= 0 and within[up] >= 0 else place if fits[place] else -1
    leaves = np.flatnonzero(branches.story >= 0)
    of_leaf = np.array(within)[leaves]
    return [leaves[of_leaf == top] for top in np.unique(of_leaf[of_leaf >= 0])]

"""Topics: groups of similar stories, which are branches of the tree that the stories were selected from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..wording import count
from .naming import count_terms, describe_groups

if TYPE_CHECKING:
    from .stories import Stories


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


def group_stories(stories: Stories) -> Topics:
    """Describe the topics: the groups of stories that `Stories.table` numbers in its column `topic`.

    Keywords distinguish a topic's documents from those of the other topics, as in
    `newsclust.stories.naming.describe_clusters` for stories.

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

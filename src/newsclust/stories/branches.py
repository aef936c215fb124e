"""The stories in the condensed tree: the branches with stories, contracted to where stories split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..clusters.clustering import Clustering

#: A topic has two stories or more, and at most this share of all stories.
LARGEST = 0.2
#: The most topics; the square root of the number of stories if that is larger.
TOPICS = 12


@dataclass(frozen=True, eq=False)
class Branches:
    """The condensed tree without branches that have no story: for s stories a binary tree with s - 1 forks.

    A parent comes before its children; the first branch, 0, holds all stories.

    Attributes
    ----------
    parent : ndarray of int, shape (2 s - 1,)
        The parent of each branch; -1 for the first.
    story : ndarray of int, shape (2 s - 1,)
        The story that the branch is, -1 for a fork.
    n_stories : ndarray of int, shape (2 s - 1,)
        The number of stories in it.
    distance : ndarray of float64, shape (2 s - 1,)
        The distance at which it splits from the others of its parent, in units of the clustering's distance; infinite
        for the first, and if nothing links the two.
    node : ndarray of int, shape (2 s - 1,)
        Its node in the condensed tree, as numbered there: the smallest that holds all its stories.
    """

    parent: np.ndarray
    story: np.ndarray
    n_stories: np.ndarray
    distance: np.ndarray
    node: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)


def find_branches(clustering: Clustering) -> Branches:
    """The branches of the condensed tree that hold stories.

    A story's node is the smallest that holds all its documents, without the noise that was assigned to it. If only one
    side of a split has stories, the branch continues as if there were no split.
    """
    n, tree = len(clustering.ids), clustering.tree
    is_document = tree["child"] < n
    nodes = tree[~is_document]
    above = np.append(-1, nodes["parent"] - n).tolist()  # -1 for node 0, the root; parents come first
    with np.errstate(divide="ignore"):
        distance = np.append(np.inf, 1 / nodes["lambda_val"])

    story = _story_nodes(clustering, above)
    n_stories = (story >= 0).astype(int)
    for node in range(len(above) - 1, 0, -1):
        n_stories[above[node]] += n_stories[node]
    holding = np.flatnonzero(n_stories)
    n_parts = np.bincount(np.array(above)[holding[holding > 0]], minlength=len(above)) if len(holding) else n_stories
    kept = (story >= 0) | (n_parts > 1)

    within = np.full(len(above), -1)  # the kept branch that each node lies in, or is
    parted = np.full(len(above), np.inf)  # where the node, or the branch it continues, split from other stories
    chosen: list[int] = []
    parent: list[int] = []
    for node in holding.tolist():
        up = above[node]
        if up >= 0:
            within[node] = within[up]
            parted[node] = distance[node] if kept[up] else parted[up]
        if kept[node]:
            parent.append(int(within[node]))
            within[node] = len(chosen)
            chosen.append(node)
    place = np.array(chosen, dtype=int)
    return Branches(np.array(parent, dtype=int), story[place], n_stories[place], parted[place], place + n)


def _story_nodes(clustering: Clustering, above: list[int]) -> np.ndarray:
    """The story that each node of the condensed tree is, or -1: the smallest node that holds all its documents."""
    n, tree, labels = len(clustering.ids), clustering.tree, clustering.labels
    documents = tree[tree["child"] < n]
    node, label = documents["parent"] - n, labels[documents["child"]]
    inside = (label >= 0) & (label < clustering.n_clusters - clustering.n_of_copies)
    node, label = node[inside], label[inside]
    sizes = np.bincount(label, minlength=clustering.n_clusters)
    inside = np.bincount(node, minlength=len(above))
    whose = np.full(len(above), -1)
    whose[node] = label  # no node has documents of two stories: each is one branch, and no branch lies in another
    story = np.full(len(above), -1)
    for place in range(len(above) - 1, -1, -1):
        if whose[place] < 0:
            continue
        if inside[place] == sizes[whose[place]]:
            story[place] = whose[place]
        else:
            inside[above[place]] += inside[place]
            whose[above[place]] = whose[place]
    return story


def topic_numbers(clustering: Clustering, sizes: np.ndarray) -> np.ndarray:
    """The topic of each story: the condensed tree, cut higher than for the stories.

    A topic is a branch with two stories or more, but no more than `LARGEST` of all; its parent branch has more. A cut
    at one distance would fail, because density differs between topics: it would leave sparse topics split where it
    already merges most others. If there are more than `TOPICS` topics, or than the square root of the number of
    stories, those with the most documents remain; all other stories are in none.

    Parameters
    ----------
    clustering : Clustering
    sizes : ndarray of int, shape (n_stories,)
        Documents of each story.

    Returns
    -------
    ndarray of int, shape (n_stories,)
        0 for the topic with the most documents, and so on; in a tie the one with the smallest story number comes first.
        -1 for a story in no topic.
    """
    branches, sizes = find_branches(clustering), np.asarray(sizes)
    topic = np.full(len(sizes), -1)
    members = [branches.story[inside] for inside in _cut(branches)]
    members.sort(key=lambda stories: (-sizes[stories].sum(), stories.min()))
    for number, stories in enumerate(members[: max(TOPICS, round(len(sizes) ** 0.5))]):
        topic[stories] = number
    return topic


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

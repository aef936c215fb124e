"""Near-copies folded: one headline represents all that say the same in almost the same words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .neighbors import Neighbors


@dataclass(frozen=True, eq=False, kw_only=True)
class Folded(Neighbors):
    """The lists of the documents that represent their near-copies, among themselves.

    The attributes of `Neighbors` are for these m documents alone: a list has no copies, so that twenty copies of one
    report neither form a dense region nor fill a document's list.

    Attributes
    ----------
    all_ids : ndarray of int64, shape (n,)
        Ascending ids of all documents.
    rows : ndarray of int, shape (m,)
        The document of each list.
    place : ndarray of int, shape (n,)
        The list of each document's representative.
    """

    all_ids: np.ndarray
    rows: np.ndarray
    place: np.ndarray

    @property
    def documents(self) -> np.ndarray:
        return self.all_ids

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.place, minlength=len(self.rows))

    def own(self, values: np.ndarray) -> np.ndarray:
        return values[self.rows]

    def spread(self, values: np.ndarray) -> np.ndarray:
        return values[self.place]

    def whole_tree(self, edges: np.ndarray) -> np.ndarray:
        """Attach each copy to its representative, at the length of the representative's shortest edge.

        So the two are in the same clusters, and `min_cluster_size` counts both; but copies make no cluster denser.
        """
        copies = np.flatnonzero(self.rows[self.place] != np.arange(len(self.place)))
        shortest = np.full(len(self.rows), np.inf)
        for end in (0, 1):
            np.minimum.at(shortest, edges[:, end].astype(np.intp), edges[:, 2])
        shortest[~np.isfinite(shortest)] = 0  # it has no other document, or none near
        hung = np.column_stack((self.rows[self.place[copies]], copies))
        ends = np.vstack((hung, self.rows[edges[:, :2].astype(np.intp)]))
        lengths = np.append(shortest[self.place[copies]], edges[:, 2])
        order = np.argsort(lengths, kind="stable")  # a copy comes before equally near documents
        return np.column_stack((np.sort(ends, axis=1), lengths))[order]

    def part(self, rows: np.ndarray) -> Self:
        lists, place = np.unique(self.place[rows], return_inverse=True)
        first = np.full(len(lists), len(rows))
        np.minimum.at(first, place, np.arange(len(rows)))
        return replace(super().part(lists), all_ids=self.all_ids[rows], rows=first, place=place)

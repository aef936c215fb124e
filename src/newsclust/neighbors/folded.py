"""Near-copies folded: of headlines that say the same in almost the same words one stands for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .neighbors import Neighbors


@dataclass(frozen=True, eq=False, kw_only=True)
class Folded(Neighbors):
    """The lists of those documents that stand for their near-copies, among themselves.

    The attributes of `Neighbors` are of these m documents alone: a list holds no copy, so that twenty copies of one
    report are neither a dense place nor all the neighbours that a document has.

    Attributes
    ----------
    all_ids : ndarray of int64, shape (n,)
        Ascending ids of all documents.
    rows : ndarray of int, shape (m,)
        Which of all documents each list is of.
    place : ndarray of int, shape (n,)
        Which list stands for each document.
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
        """A copy hangs on the document that stands for it, at the shortest edge that this one has.

        So the two are in the same clusters, and `min_cluster_size` counts both; but copies make no cluster denser.
        """
        copies = np.flatnonzero(self.rows[self.place] != np.arange(len(self.place)))
        shortest = np.full(len(self.rows), np.inf)
        for end in (0, 1):
            np.minimum.at(shortest, edges[:, end].astype(np.intp), edges[:, 2])
        shortest[~np.isfinite(shortest)] = 0  # nobody else is there, or near
        hung = np.column_stack((self.rows[self.place[copies]], copies))
        ends = np.vstack((hung, self.rows[edges[:, :2].astype(np.intp)]))
        lengths = np.append(shortest[self.place[copies]], edges[:, 2])
        order = np.argsort(lengths, kind="stable")  # a copy before what lies as near
        return np.column_stack((np.sort(ends, axis=1), lengths))[order]

    def part(self, rows: np.ndarray) -> Self:
        lists, place = np.unique(self.place[rows], return_inverse=True)
        first = np.full(len(lists), len(rows))
        np.minimum.at(first, place, np.arange(len(rows)))
        return replace(super().part(lists), all_ids=self.all_ids[rows], rows=first, place=place)

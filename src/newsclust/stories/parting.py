"""Split a story along the spanning tree, if some of its headlines are known to belong apart."""

from __future__ import annotations

import numpy as np


class Parts:
    """Parts of stories: rows joined along the spanning tree where this is not forbidden."""

    def __init__(self, labels: np.ndarray, rows: np.ndarray):
        self._label = {row: int(labels[row]) for row in rows.tolist()}
        self._part = {row: row for row in self._label}  # the row that identifies its part
        self._rows = {row: [row] for row in self._label}
        self._forbidden: dict[int, set[int]] = {}

    def of(self, story: int) -> list[list[int]]:
        return [rows for part, rows in self._rows.items() if self._label[part] == story]

    def forbid(self, a: int, b: int) -> None:
        a, b = self._part[a], self._part[b]
        self._forbidden.setdefault(a, set()).add(b)
        self._forbidden.setdefault(b, set()).add(a)

    def join(self, a: int, b: int) -> None:
        a, b = self._part[a], self._part[b]
        if a == b:
            return
        keep, gone = (a, b) if (len(self._rows[a]), -a) >= (len(self._rows[b]), -b) else (b, a)
        for row in self._rows[gone]:
            self._part[row] = keep
        self._rows[keep] += self._rows.pop(gone)
        for other in self._forbidden.pop(gone, ()):
            self._forbidden[other] = self._forbidden[other] - {gone} | {keep}
            self._forbidden.setdefault(keep, set()).add(other)

    def walk(self, edges: list[list[int]], n: int, leaving: set[int]) -> None:
        """Join parts that an edge connects, the shortest edge first; each side may have several parts of one story.

        The parts at the ends of the edge come first, then the largest. Nothing joins the rows in `leaving`.
        """
        above = list(range(n))
        held = {row: {label: [row]} for row, label in self._label.items() if row not in leaving}

        def top(row: int) -> int:
            while above[row] != row:
                above[row] = row = above[above[row]]
            return row

        first = next(iter(self._label))
        for a, b in [*edges, *([first, row] for row in self._label)]:  # edges may not link all rows
            one, two = top(a), top(b)
            if one == two:
                continue
            above[two] = one
            if two not in held:
                continue
            mine = held.setdefault(one, {})
            for label, theirs in held.pop(two).items():
                mine[label] = self._meet(mine.get(label, []), theirs, {self._part.get(a), self._part.get(b)})

    def _meet(self, ours: list[int], theirs: list[int], ends: set[int | None]) -> list[int]:
        ours, theirs = (sorted({self._part[row] for row in rows}) for rows in (ours, theirs))
        size = {part: len(self._rows[part]) for part in {*ours, *theirs}}
        pairs = [(a, b) for a in ours for b in theirs if a != b]
        pairs.sort(key=lambda pair: (-len(ends & set(pair)), -size[pair[0]] - size[pair[1]], pair))
        for a, b in pairs:
            a, b = self._part[a], self._part[b]
            if b not in self._forbidden.get(a, ()):
                self.join(a, b)
        return sorted({self._part[row] for row in [*ours, *theirs]})

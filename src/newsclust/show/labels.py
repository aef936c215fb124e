"""Placement of the largest stories' titles on a map, so that none covers another.

It serves maps drawn in Python: the notebook's figure, whose size is not known, and the printed map. On a run's page
``templates/run/map.js`` does the same at every zoom.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from unicodedata import east_asian_width

import numpy as np

from ..markup import plain

LABEL_WIDTH = 28  # letters in a line
_SURE = 10  # titles that may cover headlines; the others are placed where they cover almost none
_HIDDEN = 3
_GAP = 4.0


def label_lines(title: str) -> list[str]:
    """A title on at most two short lines, cut between words."""
    return textwrap.wrap(plain(title), LABEL_WIDTH, max_lines=2, placeholder="…", break_on_hyphens=False)


def text_size(lines: Sequence[str], font_size: float) -> tuple[float, float]:
    """An estimate of a text's width and height, rather too large than too small.

    In the unit of `font_size`; a Chinese, Japanese or Korean letter counts as two Latin ones.
    """
    letters = max((sum(1 + (east_asian_width(letter) in "WF") for letter in line) for line in lines), default=0)
    return 0.56 * font_size * letters, 1.3 * font_size * len(lines)


def free_places(
    centres: np.ndarray,
    reach: np.ndarray,
    sizes: Sequence[tuple[float, float]],
    points: np.ndarray,
    frame: tuple[float, float],
) -> list[tuple[int, float, float]]:
    """Place boxes one after the other: none covers an earlier one, and each covers as few points as possible.

    A box is placed below, above, beside or on its story, wherever it covers the fewest headlines; a box without a free
    place is left out.

    Parameters
    ----------
    centres : ndarray, shape (n, 2)
        Where the stories are, the most important first; in the unit of `frame`, from its corner.
    reach : ndarray, shape (n, 2)
        How far each story extends horizontally and vertically.
    sizes : n pairs
        Width and height of each box.
    points : ndarray, shape (m, 2)
        All headlines.
    frame : pair
        Width and height of the area that contains all boxes.

    Returns
    -------
    list of (int, float, float)
        The box's position in `centres`, and its centre.
    """
    taken = np.empty((0, 4))
    placed: list[tuple[int, float, float]] = []
    for index, (centre, far, size) in enumerate(zip(centres, reach, np.reshape(sizes, (-1, 2)), strict=True)):
        aside, up = far + 0.5 * size + _GAP
        spots = centre + np.array([(0, -up), (0, up), (aside, 0), (-aside, 0), (0, 0)])
        boxes = np.hstack([spots - 0.5 * size, spots + 0.5 * size])
        boxes = boxes[(boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= frame).all(axis=1)]
        # Two boxes are apart where one ends, on either axis, before the other begins.
        before = boxes[:, None, 2:] + _GAP <= taken[None, :, :2]
        behind = taken[None, :, 2:] + _GAP <= boxes[:, None, :2]
        boxes = boxes[np.any(before | behind, axis=2).all(axis=1)]
        hidden = [int(((points >= box[:2]) & (points <= box[2:])).all(axis=1).sum()) for box in boxes]
        if hidden and (len(placed) < _SURE or min(hidden) <= _HIDDEN):
            box = boxes[int(np.argmin(hidden))]
            taken = np.vstack([taken, box])
            placed.append((index, *((box[:2] + box[2:]) / 2).tolist()))
    return placed

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from newsclust.show.drawing import COLOURS, N_MARKS, NOISE_COLOUR, story_mark

# Severity 1.0, for linear RGB: Machado, Oliveira and Fernandes, IEEE Transactions on Visualization and Computer
# Graphics 15 (2009), table 1.
EYES = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503]])


def linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def cielab(colour: str, eyes: str) -> np.ndarray:
    seen = np.clip(np.asarray(EYES[eyes]) @ linear(colour), 0, 1)
    x, y, z = (
        np.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in TO_XYZ @ seen / (0.95047, 1, 1.08883)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def smallest_distance(eyes: str) -> float:
    """Between two colours, of marks of one shape or not."""
    pairs = combinations(COLOURS, 2)
    return min(float(np.linalg.norm(cielab(one, eyes) - cielab(other, eyes))) for one, other in pairs)


@pytest.mark.parametrize(
    ("eyes", "least"), [("normal", 26), ("protanopia", 23), ("deuteranopia", 23), ("tritanopia", 23)]
)
def test_sixty_stories_stay_apart_for_all_eyes(eyes, least):
    assert len({story_mark(number) for number in range(N_MARKS)}) == N_MARKS == 64
    assert smallest_distance(eyes) > least


def test_marks_are_seen_on_white_and_on_near_black_paper():
    def contrast(one, other):
        light, dark = sorted((linear(c) @ (0.2126, 0.7152, 0.0722) + 0.05 for c in (one, other)), reverse=True)
        return light / dark

    assert min(contrast(colour, paper) for colour in COLOURS for paper in ("#ffffff", "#15181c")) > 2.8


def test_a_story_keeps_its_mark_and_its_neighbours_in_number_have_others():
    assert story_mark(67) == story_mark(3) and story_mark(np.int32(7)) == story_mark(7)
    assert story_mark(-1) == (NOISE_COLOUR, "circle")
    for number in range(200):
        (colour, shape), (next_colour, next_shape) = story_mark(number), story_mark(number + 1)
        assert colour != next_colour and shape != next_shape

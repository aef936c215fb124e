"""Where clusters collapse, the notebook says so with the parameter to try; elsewhere it says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from newsclust.stories.collapse import collapse_notice

USUAL = {"min_cluster_size": 10, "min_samples": 5, "cluster_selection_method": "eom", "allow_single_cluster": False}


def labels(*sizes: int, noise: int = 0) -> np.ndarray:
    return np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(noise, -1)]).astype(int)


@pytest.mark.parametrize(
    ("found", "parameters", "said"),
    [
        (labels(652, 7), USUAL, ["652 of 659", "99%", "cluster_selection_method leaf"]),
        (labels(652, 7), USUAL | {"cluster_selection_method": "leaf"}, ["smaller min_cluster_size than 10"]),
        (labels(noise=18), USUAL, ["all 18 documents are noise", "allow_single_cluster True"]),
        (labels(noise=6), USUAL, ["6 documents", "min_cluster_size is 10", "min_cluster_size 2"]),
        (labels(noise=40), {}, ["all 40 documents"]),
        (labels(90, noise=10), USUAL | {"allow_single_cluster": True}, ["allow_single_cluster False"]),
    ],
)
def test_a_notice_about_a_collapse_says_what_to_try(found, parameters, said):
    notice = collapse_notice(found, parameters)
    assert notice.endswith(".") and "\n" not in notice
    assert all(part in notice for part in said)


@pytest.mark.parametrize(
    "found",
    [labels(10, 12, 14, noise=60), labels(12, 3, noise=3), labels(50, 30, 20), labels(), labels(300, 301, noise=9)],
)
def test_stories_of_any_usual_size_need_no_word(found):
    assert collapse_notice(found, USUAL) is None

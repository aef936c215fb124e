"""The sums that run in machine code, against numpy. `test_blend` and `test_shared` have all pairs of a corpus."""

from __future__ import annotations

import numpy as np

from newsclust.neighbors.pairs import sum_days

RNG = np.random.default_rng(0)


def test_a_story_supports_a_day_by_the_sum_over_its_members():
    starts, days, weights = np.array([0, 4, 4, 7]), RNG.normal(size=7), RNG.uniform(size=7)
    for start, end in zip(starts, starts[1:], strict=False):
        days[start:end].sort()
    own, groups = np.append(RNG.normal(size=8), [np.nan, days[1]]), np.array([0, 1, 2, 0, 1, 2, 0, 2, 0, 0])
    found = np.zeros(10)
    sum_days(starts, days, weights, own, groups, found)
    members = [slice(starts[group], starts[group + 1]) for group in groups]
    faded = [(weights[some] * np.exp(-np.abs(days[some] - day))).sum() for day, some in zip(own, members, strict=True)]
    np.testing.assert_allclose(found, np.nan_to_num(faded), atol=1e-12)

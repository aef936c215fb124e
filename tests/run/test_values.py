"""The meaning of a parameter's value."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
import yaml

from newsclust.run.values import Reader, understood


@pytest.mark.parametrize(
    "value, kind, meant",
    [
        ("1e-3", float, 0.001),
        ("50", int, 50),
        (3.0, int, 3),
        (3.5, int, 3.5),
        (3.0, Literal[2, 3], 3),
        (np.int64(7), Annotated[int, "k"], 7),
        ("None", int | None, None),
        ("None", str | None, None),
        ("true", bool, True),
        ("IVF-Flat", Literal["ivf_flat", "exact"], "ivf_flat"),
        ("{nprobe: 8}", dict[str, int], {"nprobe": 8}),
        (None, dict, {}),
        (2024, str, "2024"),
        (date(2024, 5, 1), str, "2024-05-01"),
        (Path("mine.csv"), str, "mine.csv"),
        ("many", int, "many"),
    ],
)
def test_papermill_and_a_parameter_file_mean_the_same_value(value, kind, meant):
    found = understood(value, kind)
    assert found == meant and type(found) is type(meant)


@pytest.mark.parametrize(
    "text, why", [("k: 3\nk: 5", "k is here twice"), ("a: &b 1\nc: *b", "an alias is not allowed")]
)
def test_a_parameter_file_that_would_lose_a_value_or_grow_without_end_is_refused(text, why):
    with pytest.raises(yaml.YAMLError, match=why):
        yaml.load(text, Reader)
    assert yaml.load("k: 3\nwords: 0.2", Reader) == {"k": 3, "words": 0.2}

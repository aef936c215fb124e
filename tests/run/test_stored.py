"""Columns of a finished run, found by their roles."""

from __future__ import annotations

import pandas as pd
import pytest

from newsclust.errors import RunError
from newsclust.run.stored import columns_of, first_filled, read_results


def test_a_role_is_read_from_the_columns_in_which_it_was_found_whatever_they_are_called_now():
    understood = {"title": {"column": "Head"}, "title (b.csv)": {"column": "x"}, "url": {"column": "Link"}}
    assert columns_of("title", understood, ["Head", "x_input", "x", "Link"]) == ["Head", "x_input"]
    assert columns_of("url", understood, ["Head"]) == [] == columns_of("publisher", understood, ["publisher"])


def test_of_several_columns_the_first_that_is_filled_counts_on_one_line():
    rows = pd.DataFrame({"a": ["Storm\nnears", " ", ""], "b": ["x", "Ferry  resumes", ""]}, dtype=object)
    assert first_filled(rows, ["a", "b"]).tolist() == ["Storm nears", "Ferry resumes", ""]
    assert first_filled(rows, []).tolist() == ["", "", ""]


def test_a_folder_without_a_run_is_one_sentence(tmp_path):
    with pytest.raises(RunError) as error:
        read_results(tmp_path)
    assert tmp_path.name in str(error.value) and "\n" not in str(error.value)

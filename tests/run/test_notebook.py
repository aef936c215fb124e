"""A notebook's current parameters."""

from __future__ import annotations

import pytest

from newsclust.errors import NewsclustError
from newsclust.run.notebook import parameters


def test_a_cell_that_changes_a_parameter_changes_what_the_next_steps_read():
    namespace = {"k": 50, "rows": [1]}
    notebook = parameters(namespace)
    assert repr(notebook) == "All parameters have their defaults."
    namespace |= {"k": 20, "words": 0.2}
    assert (notebook.checked().k, notebook.checked().words) == (20, 0.2)
    assert repr(notebook) == "k = 20, words = 0.2" and notebook._repr_html_() == "<p>k = 20, words = 0.2</p>"


def test_a_wrong_value_stops_before_anything_is_read_and_after_each_change():
    with pytest.raises(NewsclustError, match="k"):
        parameters({"k": -1})
    namespace = {"k": 50}
    notebook = parameters(namespace)
    namespace["k"] = "many"
    with pytest.raises(NewsclustError, match="k"):
        notebook.checked()

"""Executed notebooks as pages."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from newsclust.errors import RunError
from newsclust.grid.pages import page_of, render_notebook


def test_a_page_has_what_goes_above_it_and_fetches_nothing():
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Storm nears")]), "run.ipynb")
    page = render_notebook(Path("run.ipynb"), Path("run.html"), "<b>Failed</b>").read_text(encoding="utf-8")
    assert page.index("<b>Failed</b>") < page.rindex("Storm nears")
    assert "<script src" not in page and 'src="http' not in page


def test_a_broken_notebook_is_one_sentence_and_leaves_no_page():
    Path("run.ipynb").write_text("{")
    with pytest.raises(RunError, match=r"run.ipynb cannot be read as a notebook \(.*\): run it again"):
        render_notebook(Path("run.ipynb"), Path("run.html"))
    assert not Path("run.html").exists()


def test_a_run_is_found_by_its_folder_or_its_name():
    Path("reports/monday").mkdir(parents=True)
    with pytest.raises(RunError, match="there is no run 'monday'"):
        page_of("monday")
    Path("reports/monday/metrics.json").write_text("{}")
    assert page_of("monday").resolve() == page_of("reports/monday").resolve() == Path("reports/monday").resolve()

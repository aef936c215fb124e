"""Executed notebooks as pages."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from newsclust.errors import RunError
from newsclust.grid.pages import page_of, render_notebook


def test_a_page_has_what_goes_above_it_and_fetches_nothing():
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Storm nears")]), "run.ipynb")
    page = render_notebook(Path("run.ipynb"), Path("run.html"), "<b>Failed</b>").read_text(encoding="utf-8")
    assert page.index("<b>Failed</b>") < page.rindex("Storm nears")
    assert "<script src" not in page and 'src="http' not in page


def test_a_page_does_not_depend_on_those_made_before_it_or_beside_it():
    for name in "ab":
        code = new_code_cell(f"{name} = 1", outputs=[new_output("stream", text=f"Storm {name}")])
        nbformat.write(new_notebook(cells=[new_markdown_cell(f"# News {name}"), code]), f"{name}.ipynb")
    pages = [Path(f"{place}.html") for place in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda page: render_notebook(Path(f"{'ab'[int(page.stem) % 2]}.ipynb"), page), pages))
    made = [re.sub(r"nonce-\w+|cell-id=\w+", "", page.read_text(encoding="utf-8")) for page in pages]
    for place, page in enumerate(made):
        assert page == made[place % 2]
        own, other = "ab" if place % 2 == 0 else "ba"
        assert f"Storm {own}" in page and f"News {own}" in page and f"Storm {other}" not in page


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

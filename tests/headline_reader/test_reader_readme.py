"""The page about the reader: its example runs and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import headline_reader

TEXT = (Path(headline_reader.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_stands_below_it():
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", TEXT, re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), {})
    assert said.getvalue().split() == printed.split()


def test_every_attribute_that_is_named_is_there():
    named = re.findall(r"^\| (`.*?`) \|", TEXT, re.MULTILINE)
    names = {name for cell in named for name in re.findall(r"`(\w+)`", cell)}
    assert names <= set(headline_reader.Headlines.__dataclass_fields__) and len(names) == 9

"""Read a parameter file: which runs it asks for, all checked before anything runs."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..cache import fingerprint
from ..errors import InputError, NewsclustError, ParameterError
from ..paths import find_input, find_output, find_shipped
from ..run.parameters import Parameters, make_parameters

#: More runs than this are more likely a slip than a wish.
MAX_RUNS = 500
#: What a file of several runs consists of.
PARTS = {"fixed", "grid", "rows"}


@dataclass(frozen=True)
class PlannedRun:
    """One run of a grid: its readable name, its folder, and its parameters."""

    name: str
    folder: Path
    parameters: Parameters

    @property
    def report(self) -> Path:
        return self.folder / "report.html"


@dataclass(frozen=True)
class Plan:
    """What a parameter file asks for.

    Attributes
    ----------
    name : str
        The file's name without its ending: results go to ``reports/<name>/``.
    varied : list of str
        The parameters that the runs set one by one, in the file's order. Empty for a single run.
    runs : list of PlannedRun
    """

    name: str
    varied: list[str]
    runs: list[PlannedRun]

    @property
    def folder(self) -> Path:
        return find_output(f"reports/{self.name}")

    @property
    def page(self) -> Path:
        """Where to look first: the single run's report, or the index of the grid."""
        return self.folder / "index.html" if self.varied else find_output(f"reports/{self.name}.html")


@dataclass(frozen=True)
class _Given:
    """A value in the file and the line to name if it is wrong: that of its name, or its own in a list."""

    node: yaml.Node
    line: int


def read_plan(path: str | Path) -> Plan:
    """Read and check a parameter file.

    The file is YAML with up to three parts: ``fixed`` (parameters of every run), and either ``grid`` (lists, all
    combinations of which are run) or ``rows`` (one mapping of parameters per run). Parameters alone, as papermill reads
    them too, are a single run. The files of ``params/`` that came with newsclust are found from any folder.

    Raises
    ------
    NewsclustError
        With the line of the first mistake; nothing has run by then.
    """
    named, path = Path(path), find_input(path)
    if not path.exists() and named.parts[:1] == ("params",):
        path = find_shipped(named) or path
    document = _compose(path)
    if document is None:
        raise _mistake(path, 1, "there is nothing in this file; parameters go under fixed, grid or rows")
    parts = _parts(path, document)
    if {"grid", "rows"} <= parts.keys():
        line = max(parts["grid"].line, parts["rows"].line)
        raise _mistake(path, line, "give either grid or rows, not both")
    fixed = _mapping(path, parts["fixed"], "fixed") if "fixed" in parts else {}
    rows = list(_rows(path, parts))
    varied = list(dict.fromkeys(name for row in rows for name in row))
    folder = find_output(f"reports/{path.stem}")
    runs: dict[str, PlannedRun] = {}
    lines: dict[str, int] = {}
    for row in rows:
        name = _name(path, row, taken=runs) if varied else path.stem
        parameters = _parameters(path, {**fixed, **row}, folder / name if varied else folder)
        same = json.dumps(parameters.model_dump(exclude={"output"}), sort_keys=True)
        line = min((given.line for given in row.values()), default=1)
        if same in lines:
            raise _mistake(path, line, f"the run {name} is asked for twice, first in line {lines[same]}")
        lines[same] = line
        runs[name] = PlannedRun(name, folder / name if varied else folder, parameters)
    return Plan(path.stem, varied, list(runs.values()))


def _compose(path: Path) -> yaml.Node | None:
    if not path.is_file():
        raise InputError(
            f"there is no parameter file {path}: write one that holds, for example, the line data: mine.csv"
        )
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ParameterError(f"{path.name}{line}: this is not YAML ({error.problem or error.context}).") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{path.name} is not YAML: it should be plain text, encoded as UTF-8.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None


def _parts(path: Path, document: yaml.Node) -> dict[str, _Given]:
    parts = _mapping(path, _Given(document, 1), "the file")
    if parts and not parts.keys() & PARTS:
        nested = next((given for given in parts.values() if isinstance(given.node, yaml.MappingNode)), None)
        if nested is None or parts.keys() & Parameters.model_fields.keys():
            return {"fixed": _Given(document, 1)}
    for name, part in parts.items():
        if name not in PARTS:
            raise _mistake(path, part, f"{name!r} is not known here; parameters go under fixed, grid or rows")
    return parts


def _mapping(path: Path, given: _Given, what: str) -> dict[str, _Given]:
    if _is_blank(given.node):
        return {}
    if not isinstance(given.node, yaml.MappingNode):
        raise _mistake(path, given, f"{what} should hold name: value pairs")
    found: dict[str, _Given] = {}
    for key, value in given.node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _mistake(path, line, "a name should be one word")
        if key.value in found:
            raise _mistake(path, line, f"{key.value} stands here twice, first in line {found[key.value].line}")
        found[key.value] = _Given(value, line)
    return found


def _rows(path: Path, parts: dict[str, _Given]) -> Iterator[dict[str, _Given]]:
    """What each run sets besides the fixed parameters; one empty row for a single run."""
    if "rows" in parts:
        items = _items(path, parts["rows"], "rows should be a list, one '- name: value' per run")
        _check_count(path, parts["rows"], len(items))
        yield from (_mapping(path, item, "a row") for item in items)
    elif "grid" in parts:
        slip = "{} should be a list such as [3, 5]; a single value goes under fixed"
        grid = _mapping(path, parts["grid"], "grid")
        lists = {name: _items(path, given, slip.format(name)) for name, given in grid.items()}
        for name, items in lists.items():
            if not items:
                raise _mistake(path, grid[name], f"the grid is empty: {name} has no value; give it at least one")
        _check_count(path, parts["grid"], math.prod(map(len, lists.values())) if lists else 0)
        yield from (dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values()))
    else:
        yield {}


def _items(path: Path, given: _Given, slip: str) -> list[_Given]:
    if _is_blank(given.node):
        return []
    if not isinstance(given.node, yaml.SequenceNode):
        raise _mistake(path, given, slip)
    return [_Given(node, node.start_mark.line + 1) for node in given.node.value]


def _check_count(path: Path, part: _Given, n: int) -> None:
    if not n:
        raise _mistake(path, part, "the grid is empty; give at least one run")
    if n > MAX_RUNS:
        raise _mistake(path, part, f"this grid has {n:,} runs, more than {MAX_RUNS}; shorten a list")


def _parameters(path: Path, row: dict[str, _Given], folder: Path) -> Parameters:
    if "output" in row:
        raise _mistake(path, row["output"], "output is chosen by newsclust, which writes to reports/; remove it")
    values = {name: _value(path, name, given) for name, given in row.items()}
    try:
        return make_parameters({**values, "output": os.path.relpath(folder, find_output("."))})
    except NewsclustError as error:
        # The sentence begins with, or quotes, the parameter it is about, and may go on to mention others.
        about = {name: re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(error)) for name in row}
        first = min((found.start(), name) for name, found in about.items() if found) if any(about.values()) else None
        raise _mistake(path, row[first[1]] if first else 1, str(error).removesuffix(".")) from None


def _value(path: Path, name: str, given: _Given) -> Any:
    try:
        return yaml.SafeLoader("").construct_document(given.node)
    except (yaml.YAMLError, ValueError):
        slip = f"the value of {name} cannot be read; put quotes around it if it is a text"
        raise _mistake(path, given, slip) from None


def _name(path: Path, row: dict[str, _Given], taken: dict[str, PlannedRun]) -> str:
    """A folder's name that says which run it is, e.g. ``min_samples=3,k=50``."""
    values = {name: _value(path, name, given) for name, given in row.items()}
    said = ",".join(f"{name}={value}" for name, value in values.items()) or "fixed"
    plain = re.sub(r"[^A-Za-z0-9_=,.+-]+", "-", said)
    # Some file systems take capitals and small letters for the same.
    if plain == said and len(plain) <= 120 and plain.lower() not in map(str.lower, taken):
        return plain
    return f"{plain[:100]}-{fingerprint(values)[:6]}"


def _is_blank(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _mistake(path: Path, where: _Given | int, sentence: str) -> ParameterError:
    line = where if isinstance(where, int) else where.line
    return ParameterError(f"{path.name}, line {line}: {sentence}{'' if sentence.endswith('?') else '.'}")

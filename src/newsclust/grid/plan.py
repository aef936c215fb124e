"""Read a parameter file: which runs it asks for, all checked before anything runs."""

from __future__ import annotations

import difflib
import itertools
import json
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from ..cache import fingerprint
from ..corpus.documents import MILVUS, shown
from ..errors import InputError, NewsclustError, ParameterError, notice
from ..paths import find_input, find_output, find_shipped, read_json, short
from ..run.parameters import PARTS, Parameters, make_parameters
from ..run.values import Reader

#: The endings of parameter files; any other file holds headlines.
YAML = (".yaml", ".yml")
#: Names at the top of a parameter file.
_KNOWN = {*PARTS, *Parameters.model_fields}
#: More runs than this are more likely a mistake than intended.
MAX_RUNS = 500


@dataclass(frozen=True)
class PlannedRun:
    """One run of a grid: its readable name, its folder, and its parameters."""

    name: str
    folder: Path
    parameters: Parameters

    @property
    def report(self) -> Path:
        return self.folder / "report.html"

    @property
    def stamp(self) -> dict[str, Any]:
        """What ``run.json`` says of the finished run; empty if it is missing or damaged."""
        return read_json(self.folder / "run.json")


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


def read_plan(path: str | Path, changed: Iterable[tuple[str, str]] = ()) -> Plan:
    """Read and check a parameter file; a file, folder or address of headlines is one run with stories.yaml's settings.

    The file is YAML with up to three parts: ``fixed`` (parameters of every run), and either ``grid`` (lists, all
    combinations of which are run) or ``rows`` (one mapping of parameters per run). Parameters alone, as papermill reads
    them too, are a single run. The files of ``params/`` that came with newsclust are found from any folder.

    A YAML file that is a list of records holds headlines, too. `changed` has names and values, as YAML, of parameters
    that are the same in all runs, whatever the file says.

    Raises
    ------
    NewsclustError
        With the first error; nothing has run by then.
    """
    if "://" in str(path):
        return _plan(Path(urlsplit(str(path)).path).stem or "headlines", _of_headlines(str(path)), changed)
    named, path = Path(path), find_input(path)
    if not path.exists() and named.parts[:1] == ("params",):
        path = find_shipped(named) or path
    if path.exists() and path.suffix.lower() not in YAML:
        return _plan(path.stem, _of_headlines(str(named)), changed)
    content = _load(path)
    records = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    if records and not any(one.keys() & _KNOWN for one in records):
        return _plan(path.stem, _of_headlines(str(named)), changed)
    try:
        return _plan(path.stem, content, changed)
    except NewsclustError as error:
        raise ParameterError(f"{path.name}: {error}") from None


def _of_headlines(data: str) -> dict[str, Any]:
    data = f"./{data}" if data == MILVUS else data
    notice(f"{shown(data)} is read as headlines, and clustered with the settings of params/stories.yaml.")
    return _load(find_shipped("params/stories.yaml") or Path("params/stories.yaml")) | {"data": data}


def _load(path: Path) -> Any:
    if not path.is_file():
        shipped = (find_shipped("params/stories.yaml") or path).parent.glob("*.yaml")
        beside = {file.name: f"params/{file.name}" for file in shipped}
        beside |= {file.name: short(file) for file in path.parent.glob("*")}
        meant = beside.get((difflib.get_close_matches(path.name, beside, n=1) or [""])[0], "")
        advice = f"did you mean {meant}?" if meant else "write one that holds, for example, the line data: mine.csv"
        raise InputError(f"there is no parameter file {path}: {advice}")
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Reader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ParameterError(f"{path.name}{line}: this cannot be read ({error.problem or error.context}).") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{path.name} is not YAML: it should be plain text, encoded as UTF-8.") from None
    except ValueError as error:  # a day that does not exist
        raise ParameterError(f"{path.name}: {error}; put quotes around what is a text.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None


def _plan(name: str, content: Any, changed: Iterable[tuple[str, str]]) -> Plan:
    if content is None:
        raise ParameterError("there is nothing in this file; parameters go under fixed, grid or rows.")
    parts = _mapping(
        content, "the file", ", such as k: 30, or headlines, a list of records such as - title: Storm nears"
    )
    near = [one for one in parts if difflib.get_close_matches(one, _KNOWN, n=1, cutoff=0.75)]
    if parts and not near:
        raise ParameterError(
            f"{min(parts)!r} is no parameter. A parameter file holds names such as data, k or grid; headlines belong "
            "in a file such as mine.csv, or in a list of records such as - title: Storm nears."
        )
    if not parts.keys() & PARTS:
        parts = {"fixed": parts}
    if unknown := parts.keys() - PARTS:
        raise ParameterError(f"{min(unknown)!r} is not known here; parameters go under fixed, grid or rows.")
    fixed, rows = _mapping(parts.get("fixed"), "fixed"), _rows(parts)
    varied = list(dict.fromkeys(name for row in rows for name in row))
    fixed |= {one: _value(text) for one, text in changed}
    if twice := [one for one, _ in changed if one in varied]:
        raise ParameterError(f"{twice[0]} is what the runs of this file differ in: change it there, not with -p.")
    folder = find_output(f"reports/{name}")
    runs: dict[str, PlannedRun] = {}
    asked: dict[str, str] = {}
    for row in rows:
        run = _name(row, taken=runs) if varied else name
        own = folder / run if varied else folder
        if "output" in fixed | row:
            raise ParameterError("output is chosen by newsclust, which writes to reports/; remove it.")
        parameters = make_parameters({**fixed, **row, "output": os.path.relpath(own, find_output("."))})
        same = json.dumps(parameters.model_dump(exclude={"output"}), sort_keys=True)
        if same in asked:
            raise ParameterError(f"one run is asked for twice, as {asked[same]} and as {run}; remove one.")
        asked[same] = run
        runs[run] = PlannedRun(run, own, parameters)
    return Plan(name, varied, list(runs.values()))


def _value(text: str) -> Any:
    try:
        return yaml.load(text, Reader)
    except (yaml.YAMLError, ValueError):  # such as *.csv
        return text


def _mapping(given: Any, what: str, example: str = "") -> dict[str, Any]:
    given = {} if given is None else given
    if not isinstance(given, dict) or not all(isinstance(name, str) for name in given):
        raise ParameterError(f"{what} should hold name: value pairs{example}.")
    return given


def _rows(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """What each run sets besides the fixed parameters; one empty row for a single run."""
    if {"grid", "rows"} <= parts.keys():
        raise ParameterError("give either grid or rows, not both.")
    if "rows" in parts:
        rows = parts["rows"] or []
        if not isinstance(rows, list):
            raise ParameterError("rows should be a list, one '- name: value' per run.")
        _check_count(len(rows))
        return [_mapping(row, "a row") for row in rows]
    if "grid" not in parts:
        return [{}]
    grid = _mapping(parts["grid"], "grid")
    for name, values in grid.items():
        if not isinstance(values, list):
            raise ParameterError(f"{name} should be a list such as [3, 5]; a single value goes under fixed.")
        if not values:
            raise ParameterError(f"the grid is empty: {name} has no value; give it at least one.")
    _check_count(math.prod(map(len, grid.values())) if grid else 0)
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _check_count(n: int) -> None:
    if not n:
        raise ParameterError("the grid is empty; give at least one run.")
    if n > MAX_RUNS:
        raise ParameterError(f"this grid has {n:,} runs, more than {MAX_RUNS}; shorten a list.")


def _name(values: dict[str, Any], taken: dict[str, PlannedRun]) -> str:
    """A folder's name that says which run it is, e.g. ``min_samples=3,k=50``."""
    said = ",".join(f"{name}={value}" for name, value in values.items()) or "fixed"
    plain = re.sub(r"[^A-Za-z0-9_=,.+-]+", "-", said)
    # Some file systems do not distinguish capitals and small letters.
    if plain == said and len(plain) <= 120 and plain.lower() not in map(str.lower, taken):
        return plain
    return f"{plain[:100]}-{fingerprint(values)[:6]}"

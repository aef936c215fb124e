"""Fingerprints of what a finished run depends on: a run or a comparison is made again when one has changed."""

from __future__ import annotations

import hashlib
import json
import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import Any

from ..cache import fingerprint
from ..corpus.documents import BUNDLED, MILVUS, kept_downloads, local_files
from ..errors import NewsclustError, RunError
from ..run.correction_files import gather_corrections
from ..run.parameters import Parameters
from ..run.record import PACKAGES, RESULTS
from ..run.stored import read_results
from ..vectors.embedding import load_embedder
from ..vectors.model_choice import AUTO, installed
from .execute import find_notebook
from .plan import Plan, PlannedRun

_CODE = (".py", ".toml", ".j2", ".css", ".js")


def fingerprints(plan: Plan) -> dict[str, str]:
    """For each run the fingerprint of its code, versions, parameters, headlines and weights of the model."""
    made_by = [_cells("cluster"), _versions(), _code()]
    headlines = {str(run.parameters.data): _headlines(run.parameters.data) for run in plan.runs}
    models = {name: _weights(name) for name in {run.parameters.model for run in plan.runs}}
    return {
        run.name: fingerprint(
            made_by, p.model_dump(), headlines[str(p.data)], models[p.model], *_stories_of(p.previous), *_corrections(p)
        )
        for run in plan.runs
        for p in [run.parameters]
    }


def fingerprint_of_comparison(plan: Plan) -> str:
    """The fingerprint of what the index of a grid depends on, including all its runs."""
    runs = [(run.folder / "run.json").read_text(encoding="utf-8") for run in plan.runs]
    return fingerprint([_cells("compare"), _versions(), _code()], plan.varied, runs)


def is_fresh(run: PlannedRun, current: str) -> bool:
    """Whether a run is finished, all its files are there, and nothing it was made from has changed."""
    stamp = run.stamp
    whole = all((run.folder / name).exists() for name in ("run.ipynb", *RESULTS))
    return whole and stamp.get("status") == "ok" and stamp.get("fingerprint") == current + fetched(run.parameters.data)


def fetched(data: str | list[str]) -> str:
    """What a run's fingerprint ends with: a hash of the downloads that it reads, a random one where one isn't kept."""
    try:
        hashes = [_hash(file) for file in kept_downloads(data)]
    except (OSError, ValueError):  # not fetched yet; no valid address
        return token_hex()
    return fingerprint(hashes) if hashes else ""


def _weights(model: str) -> list[str]:
    """The revision of the model, or of all that "auto" chooses from."""
    return [load_embedder(name).revision for name in (installed() if model == AUTO else [model])]


def _headlines(data: str | list[str]) -> str:
    """The fingerprint of the named files, and of addresses; `fetched` adds what was fetched from these."""
    if data == MILVUS:  # rows may have changed unnoticed
        return token_hex()
    if isinstance(data, str) and data in BUNDLED:
        return fingerprint((files("newsclust") / "data" / f"{data}.csv").read_bytes())
    with suppress(OSError, NewsclustError):  # the run itself will report what is wrong
        return fingerprint(data, [[file.name, _hash(file)] for file in local_files(data)])
    return fingerprint(data)


def _stories_of(previous: str | None) -> list[str]:
    """Hashes of the run that is continued; if it can't be read, the new run will report it."""
    if previous is None:
        return []
    with suppress(OSError, NewsclustError):
        run = read_results(previous)
        return [_hash(run.folder / name) for name in RESULTS[:4]]
    return [previous]


def _corrections(p: Parameters) -> list[str]:
    with suppress(OSError, NewsclustError):  # the run itself will report what is wrong
        rows = gather_corrections(p.corrections, p.output, p.previous)
        return [] if rows.empty else [rows.to_csv()]
    return [str(p.corrections)]


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").hexdigest()


def _cells(name: str) -> list[list[Any]]:
    """A notebook's cells without outputs."""
    path = find_notebook(name)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", [])] for c in cells]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read as a notebook ({type(error).__name__}): restore it.") from None


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES.split()}


@cache
def _code() -> str:
    """The fingerprint of the code of newsclust, its reader and its core."""
    top = Path(__file__).parents[2]
    packages = ("graph_hdbscan", "headline_reader", "newsclust")
    sources = sorted(path for package in packages for path in (top / package).rglob("*") if path.suffix in _CODE)
    return fingerprint(*(path.read_bytes() for path in sources))

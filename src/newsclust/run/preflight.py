"""Checks, before a run begins, of what it will need only at its end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..environment import read_dotenv
from ..errors import ParameterError, RunError
from ..paths import can_write, find_input, find_output, read_json, short, tell_once

#: What a run and an assignment write: a table that is recognised by these columns, and the files beside it.
TABLES = {
    "a run": ("clusters.csv", {"id", "cluster", "probability", "x", "y"}),
    "an assignment": ("assigned.csv", {"id", "story", "what", "probability"}),
}
BESIDE = (
    "stories.csv",
    "documents.csv",
    "coverage.csv",
    "rejected.csv",
    "emerging.csv",
    "page.json",
    "metrics.json",
    "provenance.json",
    "report.html",
)


def try_output(output: str, data: str | list[str] | None = None, kind: str = "a run") -> None:
    """Make the folder `output`, and check that files can be written there without replacing anybody else's.

    Results of the same `kind` are replaced, with a notice if they are from other `data`.

    Raises
    ------
    ParameterError
        Also if a file of that name is there that newsclust did not make.
    """
    folder = find_output(output)
    check_replaceable(folder, data, kind)
    probe = folder / f".{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(4096))  # a full disk still takes empty files
    except (FileExistsError, NotADirectoryError):
        file = next(path for path in (folder, *folder.parents) if path.exists())
        raise ParameterError(f"output is {output!r}, but {file} is a file: give another name for the folder.") from None
    except OSError as error:
        raise ParameterError(
            f"output is {output!r}, but {folder} can't be written ({error.strerror}): check its permissions and the "
            "room on its disk, or give another folder."
        ) from None
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def check_replaceable(folder: Path, data: str | list[str] | None = None, kind: str = "a run") -> None:
    """Check that results of `kind` from `data` may replace what is in `folder`.

    Raises
    ------
    ParameterError
    """
    names = [name for name in (*(table for table, _ in TABLES.values()), *BESIDE) if (folder / name).exists()]
    made = [one for one, (table, columns) in TABLES.items() if columns <= _columns(folder / table)]
    made_with = read_json(folder / "provenance.json").get("parameters")
    if names and made_with is None and not made:
        raise ParameterError(
            f"{short(folder / names[0])} was not made by newsclust and would be written over: move it elsewhere, or "
            "give another folder as output."
        )
    if made and kind not in made:
        raise ParameterError(f"{short(folder)} holds the results of {made[0]}: give another folder as output.")
    if data and made_with and (before := made_with.get("data", data)) != data:
        tell_once(f"The results in {short(folder)}, which are of {before}, are replaced by those of {data}.")


def _columns(file: Path) -> set[str]:
    with suppress(OSError, UnicodeDecodeError), file.open(encoding="utf-8-sig") as lines:
        return set(lines.readline(2**16).rstrip("\n").split(","))
    return set()


def run_folders(name: str | Path) -> tuple[Path, Path]:
    """The folders where a run of this name may be: the path itself, or one under ``reports/``."""
    return find_input(name), find_output(f"reports/{name}")


def find_run(name: str | Path) -> Path:
    """The folder of a finished run.

    Raises
    ------
    RunError
    """
    for path in run_folders(name):
        if (path / "provenance.json").is_file() and (path / "clusters.csv").is_file():
            return path
    raise RunError(
        f"there is no finished run in {str(name)!r}: a run's folder holds clusters.csv and provenance.json; "
        "`newsclust list` shows what there is, `newsclust run params/quickstart.yaml` makes reports/quickstart."
    )


def try_store(uri: str, path: Path | None) -> None:
    """Check that a local database can be made at `path`, or that a server's token can be read.

    Raises
    ------
    ParameterError, StoreError
    """
    if path is None:
        if not os.environ.get("MILVUS_TOKEN"):
            read_dotenv()
    elif not path.exists() and not can_write(path):
        raise ParameterError(
            f"uri is {uri!r}, but nothing can be written in {path.parent}: check its permissions, or give a file in "
            "another folder."
        )
    elif path.exists() and not os.access(path, os.R_OK | os.X_OK):
        raise ParameterError(f"uri is {uri!r}, but {path} can't be read: check its permissions, or give another file.")

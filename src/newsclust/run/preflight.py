"""What a run will need at its end or out of sight, tried before it works."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ..environment import read_dotenv
from ..errors import ParameterError, RunError
from ..paths import can_write, find_input, find_output


def try_output(output: str) -> None:
    """Make the folder `output` and see that files can be written there.

    Raises
    ------
    ParameterError
    """
    folder = find_output(output)
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


def run_folders(name: str | Path) -> tuple[Path, Path]:
    """Where a run of this name may be: its folder as one would type it, or one under ``reports/``."""
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
    """See that a local database can be made at `path`, or that a server's token can be read.

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

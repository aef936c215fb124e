"""Which version of the code a run was made with."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


@cache
def commit() -> str | None:
    """The git commit of newsclust's own code, and whether it has changed since; None if there is none.

    It comes from the checkout that contains the package, or from pip's record if pip installed from a repository.
    """
    package = Path(__file__).parents[1]
    if _git(package, "ls-files", "__init__.py"):  # not just any repository around the package's folder
        head = _git(package, "rev-parse", "HEAD")
        changes = _git(package, "status", "--porcelain", "--untracked-files=no", ".", "../../notebooks")
        return f"{head}, with changes" if changes else head or None
    try:
        source = json.loads(distribution("newsclust").read_text("direct_url.json") or "{}")  # PEP 610
        return source.get("vcs_info", {}).get("commit_id")
    except (PackageNotFoundError, ValueError):
        return None


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

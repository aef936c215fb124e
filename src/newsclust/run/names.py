"""Names that are no parameters: how they get into a notebook, and which parameter was probably meant."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable
from typing import Any

#: papermill writes this above the parameters it was given, in a cell of their own.
_INJECTED = "# Parameters"
#: What the libraries underneath, or habit, call a parameter.
_OTHER_NAMES = {
    "metric": "distance",
    "random_state": "seed",
    "min_topic_size": "min_cluster_size",
    "nr_topics": "min_cluster_size",
    "n_clusters": "min_cluster_size",
    "embedder": "model",
    "embedding": "model",
    "dim": "n_components",
    "dimensions": "n_components",
    "csv": "data",
    "file": "data",
    "input": "data",
    "path": "data",
    "labels": "truth",
    "target": "truth",
    "database": "uri",
    "db": "uri",
    "host": "uri",
    "server": "uri",
    "ef": "search_params",
    "nprobe": "search_params",
    "efConstruction": "index_params",
    "nlist": "index_params",
}


def injected(namespace: dict[str, Any]) -> tuple[set[str], set[str]]:
    """What papermill set in a notebook, and what the notebook's own cells had set before that.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``; IPython keeps the text of the cells that ran there, as ``In``.

    Returns
    -------
    set of str, set of str
        Two empty ones where papermill set nothing.
    """
    cells = [str(cell) for cell in namespace.get("In") or []]
    last = max((i for i, cell in enumerate(cells) if cell.startswith(_INJECTED)), default=None)
    if last is None:
        return set(), set()
    own = [_assigned(cell) for cell in cells[:last] if not cell.startswith(_INJECTED)]
    given = {name for name in _assigned(cells[last]) if not name.startswith("PAPERMILL_")}  # by --inject-paths
    return given, set().union(*own)


def no_such(name: str, known: Iterable[str]) -> str:
    """The sentence about a `name` that none of the `known` parameters has."""
    meant = [repr(other) for other in candidates(name, list(known))]
    if not meant:
        return f"there is no parameter {name!r}; those there are stand at the top of the notebook."
    *others, last = meant
    choice = f"{', '.join(others)} or {last}" if others else last
    return f"there is no parameter {name!r}; did you mean {choice}?"


def candidates(name: str, known: list[str]) -> list[str]:
    """Up to three of the `known` names that `name` may stand for, the likeliest first.

    Spelling counts, and so does a name that is a part of another, or has another as its part: ``epsilon`` is
    ``cluster_selection_epsilon``, ``umap_n_neighbors`` is ``n_neighbors``.
    """
    plain = _plain(name)
    same = [other for other in known if _plain(other) == plain]
    if same:
        return same[:1]
    if _OTHER_NAMES.get(name, _OTHER_NAMES.get(name.lower())) in known:
        return [_OTHER_NAMES.get(name) or _OTHER_NAMES[name.lower()]]
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.75)
    if close:
        return close
    likeness = {other: difflib.SequenceMatcher(None, plain, _plain(other)).ratio() for other in known}
    ranked = sorted(known, key=likeness.__getitem__, reverse=True)
    for is_meant in (_is_part, lambda part, whole: _is_part(whole, part), _shares_a_word):
        found = [other for other in ranked if is_meant(name, other)]
        if found:
            return found[:3]
    return []


def _assigned(cell: str) -> set[str]:
    """The names that a cell's own lines set."""
    try:
        lines = ast.parse(cell).body
    except (SyntaxError, ValueError):
        return set()
    targets = [target for line in lines if isinstance(line, ast.Assign) for target in line.targets]
    targets += [line.target for line in lines if isinstance(line, ast.AnnAssign)]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _words(name: str) -> set[str]:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return {word.lower().removesuffix("s") for word in words if len(word) > 1}


def _is_part(part: str, whole: str) -> bool:
    words = _words(part)
    if words and words <= _words(whole):
        return True
    return len(_plain(part)) > 2 and _plain(part) in _plain(whole)


def _shares_a_word(name: str, other: str) -> bool:
    return bool(_words(name) & _words(other))

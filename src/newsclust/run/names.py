"""Names that are no parameters: how they get into a notebook, and which parameter was probably meant."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from typing import Any

#: papermill writes this above the parameters it was given, in a cell of their own.
_INJECTED = "# Parameters"
#: The names of parameters in hdbscan, UMAP and pandas.
_OTHER_NAMES = {"metric": "distance", "random_state": "seed", "csv": "data", "labels": "truth"}


def injected(namespace: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The names that papermill set in a notebook, and those that the notebook's own cells had set before.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``; IPython keeps the text of the cells that ran there, as ``In``.

    Returns
    -------
    set of str, set of str
        Two empty ones if papermill set nothing.
    """
    cells = [str(cell) for cell in namespace.get("In") or []]
    last = max((i for i, cell in enumerate(cells) if cell.startswith(_INJECTED)), default=None)
    if last is None:
        return set(), set()
    own = [_assigned(cell) for cell in cells[:last] if not cell.startswith(_INJECTED)]
    given = {name for name in _assigned(cells[last]) if not name.startswith("PAPERMILL_")}  # by --inject-paths
    return given, set().union(*own)


def no_such(name: str, known: Iterable[str]) -> str:
    """The message about a `name` that is not among the `known` parameters."""
    meant = [repr(other) for other in candidates(name, list(known))]
    if not meant:
        return f"there is no parameter {name!r}; the top of the notebook lists all parameters."
    return f"there is no parameter {name!r}; did you mean {' or '.join(meant)}?"


def candidates(name: str, known: list[str]) -> list[str]:
    """Up to three of the `known` names that `name` may stand for.

    Spelling counts, and so do words: ``epsilon`` is ``cluster_selection_epsilon``, ``umap_min_dist`` is ``min_dist``.
    """
    if _OTHER_NAMES.get(name) in known:
        return [_OTHER_NAMES[name]]
    plain = {_plain(each): each for each in known}
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    words = {each: set(each.lower().split("_")) for each in [name, *known]}
    parts = [each for each in known if words[name] <= words[each] or words[each] <= words[name]]
    return [plain[each] for each in close] or parts[:3]


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _assigned(cell: str) -> set[str]:
    """The names that a cell sets."""
    try:
        nodes = ast.walk(ast.parse(cell))
    except (SyntaxError, ValueError):
        return set()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}

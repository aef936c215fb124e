"""Read headlines from any source into one table with roles, days, languages and clean text: see README.md.

Modules are imported at their first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULE_OF = {"read": "headlines", "understand": "headlines", "Headlines": "headlines", "Piece": "unpacking"}
_MODULE_OF |= {"in_chunks": "chunks"}
_MODULE_OF |= dict.fromkeys(["ReaderError", "ColumnsError", "NoHeadlines", "ReaderNotice"], "errors")
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__

"""HDBSCAN (Campello, Moulavi & Sander 2013) on a graph of nearest neighbours: see README.md beside this file.

Each name's module is imported at its first use, so that the hierarchy alone does not import scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "GraphHDBSCAN": "estimator",
    "BadArgument": "checks",
    "BadDistance": "checks",
    "Clusters": "lists",
    "cluster_lists": "lists",
    "lists_of": "lists",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)

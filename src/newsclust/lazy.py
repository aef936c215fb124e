"""Names that a package offers, each from a module that is imported at its first use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def offered(
    package: str, modules: dict[str, str], packages: str = ""
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """A package's ``__all__``, ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    package : str
        Its name.
    modules : dict
        Module, relative to the package -> the names it offers, separated by blanks.
    packages : str
        Packages within it that are offered whole, separated by blanks.
    """
    module_of = {name: module for module, names in modules.items() for name in names.split()}
    names = sorted([*module_of, *packages.split()])

    def get(name: str) -> Any:
        if name in packages.split():
            return import_module(f".{name}", package)
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{module_of[name]}", package), name)

    return names, get, lambda: names

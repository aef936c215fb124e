"""A notebook's current parameters: a cell that changes one changes what the next steps read."""

from __future__ import annotations

from typing import Any

from ..markup import escape
from ..wording import assigned
from .parameters import Parameters, check_parameters


class Notebook:
    """A view of a notebook's variables as its parameters, checked each time they are read."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def checked(self) -> Parameters:
        """The parameters now; see `newsclust.run.parameters.check_parameters`."""
        return check_parameters(self._namespace)

    def __repr__(self) -> str:
        return assigned(self.checked().changed) or "All parameters have their defaults."

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


def parameters(namespace: dict[str, Any]) -> Notebook:
    """The parameters of a notebook, for every step to read: ``p = nc.parameters(globals())``.

    Raises
    ------
    NewsclustError
        If a name, a type or a value is wrong, or the run cannot begin; it is raised before anything is read.
    """
    notebook = Notebook(namespace)
    notebook.checked()
    return notebook

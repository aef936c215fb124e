"""A figure in three forms: plotly's drawing, a picture for where no script runs, and a sentence of what it shows.

A notebook holds all three, so that it can be read on paper, in a mail or on a page without scripts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..markup import escape

if TYPE_CHECKING:
    import plotly.graph_objects as go

PLOTLY = "application/vnd.plotly.v1+json"
#: Pixels of a figure in a notebook: the picture and plotly's drawing have the same, or the page would jump.
WIDTH = 720
#: Kinds of figures that have more on a page than in a notebook: numbers of stories, a switch, a table.
_CHOSEN_IN = {"map", "time", "tree"}


class Figure:
    """A plotly figure that can be looked at anywhere. What plotly's figures offer, this one offers too.

    Parameters
    ----------
    plotly : plotly Figure
        With its sentence as ``layout.meta["alt"]`` and its height in pixels in ``layout.height``.
    picture : callable, optional
        Draws the PNG; by default `newsclust.show.picture.draw` does.

    Attributes
    ----------
    plotly : plotly Figure
    sentence : str
    png : bytes
    """

    def __init__(self, plotly: go.Figure, picture: Callable[[], bytes] | None = None) -> None:
        self.plotly = plotly
        self._picture = picture

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # among them the ways in which plotly shows itself
            raise AttributeError(name)
        return getattr(self.plotly, name)

    @property
    def sentence(self) -> str:
        return self.plotly.layout.meta["alt"]

    @cached_property
    def png(self) -> bytes:
        from .picture import draw, few_colours

        return few_colours(self._picture() if self._picture else draw(self.plotly, WIDTH))

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        drawn = json.loads(self.plotly.to_json())
        drawn["layout"]["width"] = WIDTH
        if self.plotly.layout.meta["kind"] in _CHOSEN_IN:
            drawn["layout"]["meta"].pop("table", None)
            drawn["layout"].pop("updatemenus", None)
            for trace in drawn["data"]:
                trace.pop("customdata", None)
        return {PLOTLY: drawn, "image/png": self.png, "text/plain": self.sentence}

    def _ipython_display_(self) -> None:
        """The figure, and its sentence below it."""
        from IPython.display import display

        said = f'<p style="max-width: 46em; overflow-wrap: anywhere">{escape(self.sentence)}</p>'
        display(self._repr_mimebundle_(), raw=True)
        display({"text/html": said, "text/plain": self.sentence}, raw=True)

"""A figure in a notebook: a picture, which also works on paper and in a mail, and a sentence that says what it shows.

Charts are only pictures. A map, on which people want to read headlines, has plotly's drawing too.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..markup import paragraph
from .drawing import INK

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure as Drawing

PLOTLY = "application/vnd.plotly.v1+json"
#: Pixels of a figure in a notebook: the same for the picture and plotly's drawing, or the page would jump.
WIDTH = 720
DPI = 100
POINTS = 72 / DPI  # of a pixel
_COLOURS = 32  # as many as a reader tells apart in a chart
#: Settings of all charts. Headlines contain dollars, which make no formula here.
_LOOK: Any = {
    "text.parse_math": False,
    "font.size": 12 * POINTS,
    "axes.axisbelow": True,
    "axes.labelcolor": INK,
    "axes.titlesize": 12 * POINTS,
    "grid.alpha": 0.25,
    "grid.color": INK,
    "legend.frameon": False,
    "text.color": INK,
    **{f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")},
    **{f"{axis}tick.{what}": value for axis in "xy" for what, value in {"color": INK, "major.size": 0}.items()},
}


class Figure:
    """A drawing in three forms. A map also has the attributes of its plotly figure.

    Attributes
    ----------
    sentence : str
    drawing : matplotlib Figure
    plotly : plotly Figure or None
        With its height in pixels in ``layout.height``.
    png : bytes
    """

    def __init__(self, sentence: str, drawing: Drawing, plotly: go.Figure | None = None) -> None:
        self.sentence, self.drawing, self.plotly = sentence, drawing, plotly

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # among them plotly's own ways of display
            raise AttributeError(name)
        return getattr(self.plotly, name)

    @cached_property
    def png(self) -> bytes:
        import matplotlib

        picture = BytesIO()
        with matplotlib.rc_context(_LOOK), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # about scripts that matplotlib's font lacks
            self.drawing.savefig(picture, format="png", metadata={"Software": None})
        return _few_colours(picture)

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"image/png": self.png, "text/plain": self.sentence}
        if self.plotly is not None:
            shown[PLOTLY] = json.loads(self.plotly.to_json())
            shown[PLOTLY]["layout"]["width"] = WIDTH
        return shown

    def _ipython_display_(self) -> None:
        """The figure, and its sentence below it."""
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True, metadata={"image/png": {"alt": self.sentence}})
        display({"text/html": paragraph(self.sentence), "text/plain": self.sentence}, raw=True)


@contextmanager
def chart(height: int, **axes: Any) -> Iterator[tuple[Drawing, Any]]:
    """A drawing on white, `height` pixels high, and its axes as matplotlib's ``subplots`` gives them."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_LOOK):
        fig = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white", layout="constrained")
        FigureCanvasAgg(fig)  # pyplot's would show a second picture in a notebook
        yield fig, fig.subplots(**axes)


def _few_colours(png: BytesIO) -> bytes:
    """The picture with a palette, a third of the size."""
    from PIL.Image import Dither, Quantize
    from PIL.Image import open as read

    small, picture = BytesIO(), read(png).convert("RGB")
    picture.quantize(_COLOURS, Quantize.MAXCOVERAGE, 3, dither=Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()

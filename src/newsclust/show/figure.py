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

import numpy as np

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
_APART = 60  # steps of red, green and blue together: less is one colour to the eye
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
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_LOOK):
        # Not pyplot's, which would show a second picture in a notebook.
        fig = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="white", layout="constrained")
        yield fig, fig.subplots(**axes)


def _few_colours(png: BytesIO) -> bytes:
    """The picture with a palette, a third of the size: white, black, ink, and the colours that most pixels have."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    pixels = np.asarray(Image.open(png).convert("RGB")).astype(np.int32)
    packed = pixels @ (65536, 256, 1)
    found, which, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    chosen = np.array([[255, 255, 255], [0, 0, 0], 255 * np.array(to_rgb(INK))]).round().astype(int)
    for colour in colours[np.argsort(-counts, kind="stable")]:
        if len(chosen) < _COLOURS and np.abs(chosen - colour).sum(axis=1).min() >= _APART:
            chosen = np.vstack([chosen, colour])
    nearest = np.abs(colours[:, None] - chosen).sum(axis=2).argmin(axis=1).astype(np.uint8)
    small, picture = BytesIO(), Image.fromarray(nearest[which].reshape(packed.shape), mode="P")
    picture.putpalette(chosen.astype(np.uint8).tobytes())
    picture.save(small, format="png", optimize=True)
    return small.getvalue()

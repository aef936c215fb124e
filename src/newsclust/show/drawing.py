"""What all figures share: colours and a look for light and dark pages, and what stands in for them.

Headlines come from strangers, so all text passes `newsclust.markup.plotly_text` on its way into a figure. What stands
in for a figure that cannot be seen, one sentence and a small table, travels in ``layout.meta`` and is shown by the
report's template.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import NewsclustError
from ..markup import plain, plotly_text
from .figure import Figure
from .picture import INK

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Sixty marks that stay apart: colours with a contrast of about 3:1 (at least 2.6) on white and on near-black, in eight
# shapes, because colour alone cannot separate sixty groups, for colour-blind eyes not even ten. Within a shape CIELAB
# distances stay above 18 under simulated protanopia and deuteranopia and above 14 under tritanopia (Machado, Oliveira
# and Fernandes 2009); tests/test_drawing.py measures them. One after the other, shapes and colours differ: clusters
# that HDBSCAN numbers one after the other often lie side by side.
MARKS = (
    ("#0072B2", "circle"),
    ("#D98E04", "diamond"),
    ("#D55E00", "square"),
    ("#009E73", "circle"),
    ("#D279AC", "diamond"),
    ("#3AA0DC", "square"),
    ("#8E6BBF", "diamond"),
    ("#6E8F00", "circle"),
    ("#B0305C", "square"),
    ("#7F5A3C", "diamond"),
    ("#FC609C", "triangle-up"),
    ("#3C9CFC", "star"),
    ("#5460A8", "x"),
    ("#D88400", "triangle-down"),
    ("#C02418", "cross"),
    ("#789C54", "triangle-up"),
    ("#A890B4", "star"),
    ("#6054CC", "triangle-down"),
    ("#905460", "cross"),
    ("#C09000", "triangle-up"),
    ("#FC606C", "x"),
    ("#C02418", "triangle-down"),
    ("#5454CC", "square"),
    ("#549CD8", "cross"),
    ("#904890", "triangle-up"),
    ("#E4786C", "star"),
    ("#C09000", "x"),
    ("#A84830", "circle"),
    ("#6C6CF0", "diamond"),
    ("#B484E4", "triangle-up"),
    ("#A830A8", "star"),
    ("#845478", "circle"),
    ("#D88400", "cross"),
    ("#C09054", "square"),
    ("#A878FC", "x"),
    ("#609CD8", "triangle-down"),
    ("#CC006C", "star"),
    ("#B42490", "cross"),
    ("#786018", "x"),
    ("#9C9C60", "triangle-down"),
    ("#9078FC", "circle"),
    ("#007854", "triangle-up"),
    ("#A84890", "square"),
    ("#B44800", "diamond"),
    ("#C09000", "star"),
    ("#6C60D8", "cross"),
    ("#FC3C6C", "circle"),
    ("#549CB4", "x"),
    ("#786030", "square"),
    ("#A8480C", "triangle-up"),
    ("#9C486C", "diamond"),
    ("#9C9C60", "cross"),
    ("#C02490", "triangle-down"),
    ("#6054CC", "triangle-up"),
    ("#786018", "star"),
    ("#C084B4", "circle"),
    ("#6CA854", "diamond"),
    ("#A83C6C", "x"),
    ("#E47884", "square"),
    ("#905454", "triangle-down"),
)
SYMBOLS = MARKS[:10]  # for what is counted from the largest down, or by hand
HOVER_WIDTH = 44  # letters in a line, which a phone has room for
NOISE_COLOUR = "#969ba2"
GRID = "rgba(128, 134, 142, 0.25)"  # lines that are seen on any page


def story_mark(number: int) -> tuple[str, str]:
    """The colour and the plotly symbol of a story, by its number alone, so that it has the same tomorrow.

    Sixty stories stay apart; beyond them marks come again (story 60 has that of story 0). Noise, -1, is a grey circle.
    """
    return MARKS[int(number) % len(MARKS)] if number >= 0 else (NOISE_COLOUR, "circle")


def style(fig: go.Figure, height: int, font_size: int = 12) -> None:
    """The look all figures share: no background, so that it stands on light and dark pages."""
    fig.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font=dict(color=INK, size=font_size),
        hoverlabel=dict(align="left", bgcolor="#ffffff", bordercolor="#9aa1ab", font=dict(color="#1d2126", size=12)),
        height=height,
        dragmode=False,
    )


def require(frame: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a table that lacks one of these columns."""
    missing = [name for name in columns if name not in frame]
    if missing:
        raise NewsclustError(
            f"The figure needs a column {missing[0]!r}, and the table has only "
            f"{', '.join(map(repr, frame.columns)) or 'none'}: add it before drawing."
        )


def switch(choices: dict[str, list[Any]]) -> dict[str, Any]:
    """Buttons in a row above the figure: a label and plotly's arguments of what it restyles."""
    return dict(
        type="buttons",
        direction="right",
        buttons=[dict(label=label, method="restyle", args=arguments) for label, arguments in choices.items()],
        x=0,
        xanchor="left",
        y=1,
        yanchor="bottom",
        pad=dict(b=8),
        bgcolor="rgba(128, 134, 142, 0.12)",
        bordercolor="rgba(128, 134, 142, 0.5)",
        font_size=12,
    )


def with_alternative(
    fig: go.Figure,
    alt: str,
    table: pd.DataFrame | None = None,
    kind: str = "chart",
    picture: Callable[[], bytes] | None = None,
) -> Figure:
    """Attach what stands for the figure where it cannot be seen, and return both as one.

    Parameters
    ----------
    fig : plotly Figure
    alt : str
        One sentence with what the figure shows.
    table : DataFrame, optional
        Its content as a small table, shown beside it in reports.
    kind : str
        ``"map"`` is drawn as tall as the window allows, with a legend outside the drawing; anything else
        keeps its own height and legend. In reports ``"time"`` and ``"tree"`` choose stories together with other
        views.
    picture : callable, optional
        Draws the PNG: see `newsclust.show.figure.Figure`.
    """
    meta: dict[str, Any] = {"alt": alt, "kind": kind}
    if table is not None:
        # .tolist() on a column gives Python's own numbers and strings, which is what JSON can hold.
        columns = [table[name].tolist() for name in table]
        meta["table"] = {
            "columns": [str(name) for name in table],
            "rows": [list(row) for row in zip(*columns, strict=True)],
        }
    # plotly's toolbar would offer readers to upload the chart to a cloud service.
    fig.update_layout(meta=meta, modebar_remove=["sendChartToCloud"])
    return Figure(fig, picture)


def cut(value: Any, width: int) -> str:
    """The text, cut to `width` letters."""
    text = plain(value)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def cut_at_word(value: Any, width: int) -> str:
    """The same, cut between words where that leaves enough."""
    text = plain(value)
    words = text[:width].rpartition(" ")[0].rstrip(" ,;:-–")
    return f"{words}…" if len(text) > width and len(words) > width / 2 else cut(text, width)


def wrapped(value: Any, width: int = HOVER_WIDTH, lines: int = 6) -> str:
    """The text on several lines, escaped."""
    broken = textwrap.wrap(plain(value), width, max_lines=lines, placeholder=" …", break_on_hyphens=False)
    return "<br>".join(map(plotly_text, broken or ["(no headline)"]))

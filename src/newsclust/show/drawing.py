"""What all figures share: the marks of stories, and how texts are cut for them.

Headlines come from strangers, so all text passes `newsclust.markup.plotly_text` on its way into a figure of plotly.
"""

from __future__ import annotations

import textwrap
from typing import Any

from ..markup import plain, plotly_text

INK = "#737b86"  # readable on white and on near-black, for notebooks in either theme

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
#: matplotlib's names of plotly's symbols.
SHAPES = {
    "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "X", "star": "*",
    "triangle-up": "^", "triangle-down": "v",
}  # fmt: skip


def story_mark(number: int) -> tuple[str, str]:
    """The colour and the plotly symbol of a story, by its number alone, so that it has the same tomorrow.

    Sixty stories stay apart; beyond them marks come again (story 60 has that of story 0). Noise, -1, is a grey circle.
    """
    return MARKS[int(number) % len(MARKS)] if number >= 0 else (NOISE_COLOUR, "circle")


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

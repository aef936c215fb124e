"""Escape untrusted text for HTML, scripts and plotly: the one place where escaping is done.

A headline has to look as it does in the file, in JupyterLab, the classic notebook, Colab, VS Code, nbconvert's page
and the report: no markup in it takes effect, no two dollars make a formula, and no mark that changes the direction of
writing has an effect beyond its cell.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import pandas as pd

# MathJax looks for both ends of a formula in one run of text and stops at the edge of an element. An entity is no help:
# the browser has read it before MathJax looks.
_MATHEMATICS = re.compile(r"[$\\]")
_NUMBER = re.compile(r"[-+\u2212]?(\d[\d,]*)?\.?\d+(e[-+]?\d+)?(\s?(%|s|MiB))?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NO_NUMBER = ("", "-", "\u2013", "nan", "none", "<na>", "nat")
#: A word of more letters than this may be broken anywhere.
_LONG_WORD = 30


@dataclass(frozen=True)
class Html:
    """Markup that was made here and is not to be escaped again. No ``str``: pandas would make plain text of it."""

    markup: str

    def __str__(self) -> str:
        return self.markup


class Sentences:
    """What a computation says, in sentences: a paragraph each in a notebook, escaped."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = [sentence for sentence in sentences if sentence]

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return "".join(map(paragraph, self.sentences or [""]))


def paragraph(text: str) -> str:
    """A sentence as a paragraph that can be read on a wide screen."""
    return f'<p style="max-width: 46em; overflow-wrap: anywhere">{escape(text)}</p>'


def escape(value: Any) -> str:
    """A value as HTML that shows its text and does nothing else; `Html` stays as it is, a missing value is empty."""
    if isinstance(value, Html):
        return value.markup
    return _MATHEMATICS.sub(r"<span>\g<0></span>", html.escape("" if _is_missing(value) else str(value)))


def element(tag: str, content: Any) -> Html:
    """The content, escaped, inside an element: ``element("strong", title)``."""
    return Html(f"<{tag}>{escape(content)}</{tag}>")


def link(text: Any, url: Any) -> Html:
    """The text as a link to a web address; the text alone where `web_address` finds none."""
    address = html.escape(web_address(url))
    if not address:
        return Html(escape(text))
    return Html(f'<a href="{address}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>')


def web_address(url: Any) -> str:
    """The address if it is one that a reader can be sent to, http or https with a host; "" for anything else."""
    address = url.strip() if isinstance(url, str) else ""
    try:
        parts = urlsplit(address)
        is_fit = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return ""
    # Browsers drop tabs and line ends from an address and take a backslash for a slash; urlsplit sees another host.
    return address if is_fit and not re.search(r"[\s\\\x00-\x1f]", address) else ""


def table(frame: pd.DataFrame, header: bool = True, classes: str = "") -> str:
    """A frame's columns as an HTML table: whole, escaped, text flush left and columns of numbers right.

    Parameters
    ----------
    frame : DataFrame
        Its cells are shown as text, but for `Html`; a list is shown as lines, one below the other. Numbers are shown
        as ``str`` writes them: format them before. The index is not shown.
    header : bool
        Whether to show the names of the columns above them.
    classes : str
        Of the table element; reports give ``sortable`` ones headers that sort and ``filterable`` ones a box that
        filters.
    """
    import pandas as pd

    columns = [[_lines(value) for value in frame.iloc[:, place]] for place in range(frame.shape[1])]
    sides = [_side([plain(line) for lines in cells for line in lines]) for cells in columns]
    # Cells have their own alignment, because each notebook program aligns cells by its own rules.
    written = [[_cell(lines, side) for lines in cells] for cells, side in zip(columns, sides, strict=True)]
    whole = pd.DataFrame(dict(enumerate(written)), dtype=object)
    whole.columns = [_cell([name], side.partition(";")[0]) for name, side in zip(frame.columns, sides, strict=True)]
    with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
        return whole.to_html(index=False, header=header, escape=False, border=0, classes=classes or None)


def plotly_text(text: str) -> str:
    """The text for a figure: plotly reads a little HTML in whatever it draws (``<b>``, ``<a href>``, entities).

    Where MathJax is loaded, as in JupyterLab, it also hands over whatever stands between two dollars; it looks for them
    before it reads entities. Placeholders such as ``%{x}`` are filled in only in a template, so texts from strangers
    belong into what a template refers to (``hovertemplate="%{text}"``), never into the template.
    """
    return html.escape(text, quote=False).replace("$", "&#36;")


def plain(value: Any) -> str:
    """The text on one line, empty for a missing value."""
    return "" if _is_missing(value) else " ".join(str(value).split())


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or isinstance(value, float) and value != value


def _lines(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _side(texts: list[str]) -> str:
    """How a column of these texts is aligned: numbers, with units or not, beside signs for missing ones, right."""
    known = [text for text in texts if text.lower() not in _NO_NUMBER]
    if known and all(map(_NUMBER.fullmatch, known)):
        return "right; white-space: nowrap"
    return "left; white-space: nowrap" if all(_DAY.fullmatch(text) for text in texts if text) else "left"


def _cell(lines: list[Any], side: str) -> str:
    """A block for each line, so that no direction of writing reaches beyond it."""
    blocks = (f'<div dir="auto" style="text-align: {side}{_break(line)}">{escape(line)}</div>' for line in lines)
    return re.sub(r"[\t\r\n]+", " ", "".join(blocks))  # pandas would write them as letters


def _break(line: Any) -> str:
    text = re.sub("<.*?>", " ", str(line)) if isinstance(line, Html) else plain(line)
    return "; overflow-wrap: anywhere" if any(len(word) > _LONG_WORD for word in text.split()) else ""

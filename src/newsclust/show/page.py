"""Turn an executed notebook into one HTML file that anybody can open, with or without a network.

nbconvert does the converting; the look lives in ``templates/newsclust``. Here the notebook is prepared: what nobody
wants to read is dropped, the map is taken out of its cell and put at the top, with the run's numbers from the files
beside the notebook, and plotly's script is put in once.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import NewsclustError, RunError
from ..markup import are_numbers, escape, script_json, table
from ..paths import write_whole
from ..run.parameters import Parameters
from ..run.record import Record, read_record
from ..wording import said
from .listings import TEMPLATE, written_file

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

PLOTLY_MIMETYPE = "application/vnd.plotly.v1+json"
WIDGET_MIMETYPE = "application/vnd.jupyter.widget-view+json"
STORIES_MIMETYPE = "application/vnd.newsclust.stories+json"  # what a story browser's HTML becomes on the way

# What a report can show, the best rendering first; whatever else an output holds (JavaScript) is left out.
_SHOWN_MIMETYPES = [
    PLOTLY_MIMETYPE,
    STORIES_MIMETYPE,
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]
_DROPPED_TAGS = {"colab", "hide-report", "papermill-error-cell-tag"}
_PARAMETER_TAGS = {"parameters", "injected-parameters"}
_OWN_ERRORS = {kind.__name__ for kind in (NewsclustError, *NewsclustError.__subclasses__())}  # sentences already
_PLOTLY_PLACE = "/* plotly.js */"
_STORIES = re.compile(
    r'<div class="nc-stories[^>]*>(.*?)<script type="application/json">([^<]*)</script></div>', flags=re.DOTALL
)
_PLAIN_SCRIPT = 2_000_000  # letters of a figure; a map of 100,000 headlines has 40 millions, packed a third
_TILES = 6  # key figures that everybody sees; the others are folded
_WHOLE_ROWS = 40  # a table of up to so many rows is shown whole, a longer one scrolls


def render_report(notebook: Path, html: Path, title: str | None = None) -> Path:
    """Write an executed notebook as a self-contained HTML report.

    The run's parameters, key figures and provenance are read from the files that `newsclust.run.record` left beside the
    notebook, where there are such. A run that failed is rendered as far as it came, with its failure named at the top;
    what lies beside it is then not its own. What the run told as a notice stands above the cells.

    A figure whose ``layout.meta`` has the kind ``"map"`` moves to the top if it is the only one, and so does a story
    browser, below it. Tables of the class
    ``sortable`` get headers that sort, and those of the class ``filterable`` a box that filters.

    Parameters
    ----------
    notebook : Path
        The executed notebook.
    html : Path
        The report; its folder is made. It is there whole or not at all.
    title : str, optional
        The report's heading; by default the notebook's own.

    Returns
    -------
    Path
        ``html``.

    Raises
    ------
    RunError
        If the notebook cannot be read.
    """
    notebook, html = Path(notebook), Path(html)
    nb = _read(notebook)
    failure, notices = _failure(nb), _notices(nb)
    record = None if failure else _own_record(nb, notebook.parent)
    nb = _without_unread(nb)
    heading = _take_heading(nb) or notebook.stem
    has_figures = any(PLOTLY_MIMETYPE in output.get("data", {}) for output in _outputs(nb))
    figures = record.figures if record else []
    parameters = record.parameters if record else nb.metadata.get("papermill", {}).get("parameters", {})
    report = {
        "title": title or heading,
        "kicker": heading if title else "newsclust",
        "failure": failure,
        "tiles": figures[:_TILES],
        "more_figures": _facts(figures[_TILES:], "More figures"),
        "notices": notices,
        "map": _take_map(nb),
        "stories": _take_stories(nb),
        "changed": [(name, said(value)) for name, value in parameters.items() if not _is_default(name, value)],
        "parameters": _facts([(name, said(value)) for name, value in parameters.items()], "All parameters"),
        "provenance": [_entry(*fact) for fact in record.provenance.items()] if record else [],
        "contents": _contents(nb),
        "has_figures": has_figures,
        "has_code": any(cell.cell_type == "code" and cell.source.strip() for cell in nb.cells),
        "plotly_place": _PLOTLY_PLACE,
    }
    report["nonce"] = hashlib.sha256(json.dumps([nb, report], sort_keys=True).encode()).hexdigest()[:32]
    # Only afterwards, so that megabytes of script and data need not go through nbconvert's HTML parser.
    data, place = "", f"[{report['nonce']}]"
    if report["stories"]:
        data, report["stories"] = report["stories"]["data"], report["stories"] | {"data": place}
    page = _export(nb, report).replace(place, data, 1)
    if has_figures:
        from plotly.offline import get_plotlyjs

        page = page.replace(_PLOTLY_PLACE, get_plotlyjs(), 1)
    html.parent.mkdir(parents=True, exist_ok=True)
    write_whole(html, page)
    return html


def _read(notebook: Path):
    import nbformat

    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise RunError(f"There is no notebook {notebook}: run it first.") from None
    except Exception as error:  # nbformat lets through whatever a malformed file makes it trip over
        first_line = str(error).partition("\n")[0][:200]
        raise RunError(f"{notebook} cannot be read as a notebook ({first_line}): run it again.") from None


def _own_record(nb, folder: Path) -> Record | None:
    """The record in `folder`, unless it was made before or after papermill executed this notebook."""
    record, times = read_record(folder), nb.metadata.get("papermill", {})
    start, finished, end = (
        str(time or "")[: len("2024-01-01T00:00:00")]  # all in UTC
        for time in (times.get("start_time"), record and record.provenance.get("finished"), times.get("end_time"))
    )
    return None if start and finished and end and not start <= finished <= end else record


def _failure(nb) -> str | None:
    for output in _outputs(nb):
        if output.output_type == "error" and (output.ename, output.evalue) not in {
            ("SystemExit", ""),
            ("SystemExit", "0"),
        }:
            return _failure_message(output)
    return None


def _failure_message(output) -> str:
    return output.evalue if output.ename in _OWN_ERRORS else f"{output.ename}: {output.evalue}"


def _outputs(nb):
    return [output for cell in nb.cells for output in cell.get("outputs", [])]


def _has_failed(cell) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _notices(nb) -> list[str]:
    """What `newsclust.errors.notice` told on the way, each once; progress bars stand on the same lines."""
    streams = [output.text for output in _outputs(nb) if output.output_type == "stream" and output.name == "stderr"]
    return list(dict.fromkeys(re.findall(r"Note: ([^\r\n]+)", "\n".join(streams))))


def _without_unread(nb):
    """The notebook without what no reader needs: setup cells, progress bars, warnings, empty and foreign outputs."""
    from nbconvert.preprocessors import TagRemovePreprocessor

    for cell in filter(_has_failed, nb.cells):
        cell.metadata["tags"] = []
    nb, _ = TagRemovePreprocessor(remove_cell_tags=_DROPPED_TAGS).preprocess(nb, {})
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.metadata["newsclust_is_parameters"] = bool(_PARAMETER_TAGS & set(cell.metadata.get("tags", [])))
            cell.outputs = [output for output in map(_readable, cell.outputs) if output is not None]
    _join_parameter_cells(nb)
    return nb


def _join_parameter_cells(nb) -> None:
    """Show the parameters that papermill injected in one cell with the defaults that they follow."""
    cells, nb.cells = nb.cells, []
    for cell in cells:
        last = nb.cells[-1] if nb.cells else {}
        both = [one.get("metadata", {}).get("newsclust_is_parameters") for one in (last, cell)]
        if all(both) and not last.outputs:
            last.source = "\n\n".join(filter(None, [last.source.strip("\n"), cell.source.strip("\n")]))
            last.outputs = cell.outputs
        else:
            nb.cells.append(cell)


def _readable(output):
    """Return the output as the report shows it, None if there is nothing to show."""
    if output.output_type == "error":
        output["message"] = _failure_message(output)
        return output
    if output.output_type == "stream":
        output["is_prose"] = _is_prose(output.text)
        return output if output.name == "stdout" and output.text.strip() else None
    data = output.data
    if WIDGET_MIMETYPE in data:
        return None
    if stories := _stories(str(data.get("text/html", ""))):
        data[STORIES_MIMETYPE] = stories
    best = next((kind for kind in _SHOWN_MIMETYPES if kind in data), None)
    if best == "text/html":
        data[best] = _cleaned(data[best])
    if best is None or not (best in (PLOTLY_MIMETYPE, STORIES_MIMETYPE) or str(data[best]).strip()):
        return None
    output.data = {best: data[best]}
    output["is_prose"] = best == "text/plain" and _is_prose(data[best])
    return output


def _stories(markup: str) -> dict[str, str] | None:
    """What a report needs of a story browser: what stands for it without scripts, and its data; None of other HTML.

    Its style and its script are the report's own, so nothing of the output is run.
    """
    found = _STORIES.search(markup)
    try:
        return found and {"still": _cleaned(found[1]), "data": script_json(json.loads(found[2]))}
    except ValueError:
        return None


def _is_prose(text: str) -> bool:
    """Tell whether a plain text is one paragraph of sentences, wrapped or not, and not code, a repr or columns."""
    lines = text.strip("\n").rstrip().split("\n")
    return (
        re.fullmatch(r"[\w\"'\u2018\u201c(].*[.!?\u2026][\"')\u2019\u201d]*", " ".join(lines)) is not None
        and len(text.split()) >= 3
        and not any(re.match(r"\s|$", line) or re.search(r"\s{2}|[\x00-\x1f]", line.rstrip()) for line in lines)
        # Short lines and lines of whole sentences are broken on purpose.
        and all(len(line) >= 40 for line in lines[:-1])
        and (len(lines) == 1 or not all(line.endswith((".", "!", "?")) for line in lines))
    )


def _cleaned(markup: str) -> str:
    """Return HTML without scripts, its tables scrollable and labelled; empty if nothing visible is left."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(markup, "html.parser")
    for element in soup.select("script, iframe, object, embed, link, base, meta, style[scoped]"):
        element.decompose()
    for element in soup.find_all(True):
        for name in [name for name in element.attrs if name.lower().startswith("on")]:
            del element[name]
    for element in soup.find_all("table"):
        _set_table(soup, element, "Table, scrolls sideways")
    visible = soup.get_text(strip=True) or soup.select_one("img, svg, table, style")
    return str(soup) if visible else ""


def _set_table(soup: BeautifulSoup, element: Tag, label: str) -> None:
    """Put a table into a region that scrolls, its headers named as such, numbers flush right, dates unbroken."""
    element.attrs.pop("border", None)
    _join_header_rows(element)
    for cell in element.select("thead th"):
        cell["scope"] = "col"
    for cell in element.select("tbody th"):
        cell["scope"] = "row"
    for cell in element.select("td"):
        if len(cell.get_text(strip=True)) <= 24:
            cell["class"] = [*cell.get("class", []), "short"]
    rows = [row.find_all(["th", "td"]) for row in element.select("tr")]
    for column in zip(*rows, strict=False):
        if are_numbers(cell.get_text(strip=True) for cell in column if cell.find_parent("tbody")):
            for cell in column:
                cell["class"] = [*cell.get("class", []), "number"]
    kind = "table long" if len(rows) > _WHOLE_ROWS + 1 else "table"
    element.wrap(soup.new_tag("div", attrs={"class": kind, "tabindex": "0", "role": "region", "aria-label": label}))


def _join_header_rows(table) -> None:
    """Make one header row of pandas' two: columns above, indexes below, blank where the other is not."""
    rows = [row.find_all("th") for row in table.select("thead tr")]
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        return
    upper, lower = ([cell.get_text(strip=True) for cell in row] for row in rows)
    if not any(a and b for a, b in zip(upper, lower, strict=True)):
        for cell, text in zip(rows[0], lower, strict=True):
            cell.string = cell.get_text(strip=True) or text
        rows[1][0].parent.decompose()


def _take_heading(nb) -> str | None:
    """Remove the notebook's title from its first markdown cell and return it: a page has one such heading."""
    first = next((cell for cell in nb.cells if cell.cell_type == "markdown"), None)
    match = re.match(r"\s*#[ \t]+(.+?)[ \t#]*(?:\n|$)", first.source) if first else None
    if match is None:
        return None
    first.source = first.source[match.end() :]
    if not first.source.strip():
        nb.cells.remove(first)
    return re.sub(r"[`*]", "", match.group(1))


def _take_map(nb) -> dict[str, Any] | None:
    """Return the notebook's one map and leave a link to it in its place; None if there is none, or several."""
    maps = [output for output in _outputs(nb) if _is_map(output)]
    if len(maps) != 1:
        return None
    figure = maps[0].data[PLOTLY_MIMETYPE]
    maps[0].data = {"text/html": '<p class="moved"><a href="#the-map">The map is at the top</a>.</p>'}
    return figure


def _take_stories(nb) -> dict[str, str] | None:
    """Return the notebook's one story browser and leave a link to it; None if there is none, or several."""
    browsers = [output for output in _outputs(nb) if STORIES_MIMETYPE in output.get("data", {})]
    if len(browsers) != 1:
        return None
    stories = browsers[0].data[STORIES_MIMETYPE]
    browsers[0].data = {"text/html": '<p class="moved"><a href="#the-stories">The stories are at the top</a>.</p>'}
    return stories


def _is_map(output) -> bool:
    return _is_kind(output.get("data", {}).get(PLOTLY_MIMETYPE, {}), "map")


def _is_kind(figure: dict[str, Any], kind: str) -> bool:
    meta = figure.get("layout", {}).get("meta")
    return isinstance(meta, dict) and meta.get("kind") == kind


def _is_default(name: str, value: Any) -> bool:
    field = Parameters.model_fields.get(name)
    return field is not None and field.default == value


def _facts(rows: list, label: str, columns: list | None = None) -> str:
    """Rows as a table whose first column names them, "" without rows."""
    from bs4 import BeautifulSoup

    if not rows:
        return ""
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    soup = BeautifulSoup(table(frame, header=columns is not None), "html.parser")
    for cell in soup.select("tbody td:first-child"):
        cell.name = "th"
    _set_table(soup, soup.table, label)
    return str(soup)


def _entry(name: str, value: Any) -> tuple[str, str]:
    """A fact of the provenance and its markup: a line of text, a command, or a table where it is nested."""
    label = f"{name[:1].upper()}{name[1:]}".replace("_", " ")
    if isinstance(value, dict) and value:
        inner = {key: fact if isinstance(fact, dict) else {"": fact} for key, fact in value.items()}
        columns = list(dict.fromkeys(column for facts in inner.values() for column in facts))
        rows = [[key, *(said(facts.get(column, "")) for column in columns)] for key, facts in inner.items()]
        return label, _facts(rows, label, ["", *columns] if any(columns) else None)
    text = escape(said(value))
    return label, f'<pre class="text" tabindex="0">{text}</pre>' if "command" in name else text


def _export(nb, report: dict[str, Any]) -> str:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN_MIMETYPES}}),
        template_name="newsclust",
        extra_template_basedirs=[str(TEMPLATE.parent)],
        exclude_anchor_links=True,
    )
    for function in (_figure_script, _below_title, _facts):
        exporter.register_filter(function.__name__.removeprefix("_"), function)
    parts = {
        "css": ["style", "map", "tables", "browser"],
        "js": ["map", "report", "chosen", "tables", "browser"],
    }
    for kind, names in parts.items():
        report[kind] = "".join(written_file(f"{name}.{kind}") for name in names)
    page, _ = exporter.from_notebook_node(nb, resources={"report": report})
    return page


def _figure_script(figure: dict[str, Any]) -> str:
    """The figure as a script element that runs nothing: as JSON, a large map packed, for report.js to unpack."""
    text = script_json(figure)
    if len(text) <= _PLAIN_SCRIPT or not _is_kind(figure, "map"):
        return f'<script type="application/json">{text}</script>'
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return f'<script type="application/gzip">{packed}</script>'


def _below_title(markup: str) -> str:
    """Headings below the page's title, those of sections with the anchors that `_contents` leads to."""
    markup = re.sub(r"(</?)h1\b", r"\1h2", markup)
    return re.sub(r"<h2>(.*?)</h2>", lambda found: f'<h2 id="{_anchor(found[1])}">{found[1]}</h2>', markup)


def _contents(nb) -> list[tuple[str, str]]:
    """The notebook's sections: anchor and heading of each."""
    prose = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    headings = [re.sub(r"<[^>]*>|[`*]", "", heading) for heading in re.findall(r"(?m)^##?[ \t]+(.+?)[ \t#]*$", prose)]
    return [(_anchor(heading), heading) for heading in headings]


def _anchor(heading: str) -> str:
    words = re.findall(r"\w+", unescape(re.sub(r"<[^>]*>", "", heading)).casefold())
    return f"section-{'-'.join(words)}"

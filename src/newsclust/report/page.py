"""Turn an executed notebook into one HTML file that anybody can open, with or without a network.

nbconvert does the converting; the look lives in ``templates/newsclust``.  Here the notebook is prepared: what
nobody wants to read is dropped, the run's facts and its map are taken out of the cells and put at the top, and
plotly's script is put in once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import NewsclustError
from ..paths import write_whole
from ..run.record import read_record

RUN_MIME = "application/vnd.newsclust.run+json"
PLOTLY_MIMETYPE = "application/vnd.plotly.v1+json"
WIDGET_MIMETYPE = "application/vnd.jupyter.widget-view+json"

# What a report can show, the best rendering first; whatever else an output holds (JavaScript) is left out.
_SHOWN_MIMETYPES = [
    PLOTLY_MIMETYPE,
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]
_DROPPED_TAGS = {"colab", "hide-report", "papermill-error-cell-tag"}
_PARAMETER_TAGS = {"parameters", "injected-parameters"}
_PLOTLY_PLACE = "/* plotly.js */"
_TILES = 6  # key figures that everybody sees; the others are folded
_WHOLE_ROWS = 40  # a table of up to so many rows is shown whole, a longer one scrolls
_ABBREVIATIONS = {"ami", "ari", "dbcv", "csv", "html", "id", "mib", "uri", "url", "umap", "bcubed"}


def render_report(notebook: Path, html: Path, title: str | None = None) -> Path:
    """Write an executed notebook as a self-contained HTML report.

    The run's parameters, key figures and provenance are read from an output of the type
    `RUN_MIME`: a dict with ``parameters``, ``changed`` (the names of those that differ from
    the defaults), ``metrics`` and ``provenance``.  A notebook file sorts the keys of a dict, so where order
    matters a list of ``[name, value]`` pairs may stand for one.  Names and texts of metrics are shown as they
    are.  A run that failed is rendered as far as it came, with its failure named at the top.

    A figure whose ``layout.meta`` has the kind ``"map"`` moves to the top if it is the only one.  Tables of the
    class ``sortable`` get headers that sort, by the ``data-value`` of the cells that have one, and those of the
    class ``filterable`` a box that filters; a header with ``data-fixed`` does not sort.

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
    NewsclustError
        If the notebook cannot be read.
    """
    notebook, html = Path(notebook), Path(html)
    nb = _read(notebook)
    facts, failure = _facts(nb), _failure(nb)
    record = read_record(notebook.parent)
    if record:
        facts = {
            "parameters": record.parameters,
            "metrics": dict(record.figures),
            "provenance": record.provenance,
            "changed": list(record.changed),
        }
    _drop_unread(nb)
    nonce = hashlib.sha256(json.dumps(nb, sort_keys=True).encode()).hexdigest()[:32]
    heading = _take_heading(nb) or notebook.stem
    has_figures = any(PLOTLY_MIMETYPE in output.get("data", {}) for output in _outputs(nb))
    parameters = [(str(name), _shown(value)) for name, value in facts["parameters"].items()]
    metrics = [(str(name), _shown(value, name)) for name, value in facts["metrics"].items()]
    report = {
        "title": title or heading,
        "kicker": heading if title else "newsclust",
        "failure": failure,
        "tiles": metrics[:_TILES],
        "more_metrics": {"columns": [], "rows": metrics[_TILES:]},
        "map": _take_map(nb),
        "parameters": {"columns": [], "rows": parameters},
        "changed": _changed(parameters, facts["changed"]),
        "provenance": _entries(facts["provenance"]),
        "has_figures": has_figures,
        "has_code": any(cell.cell_type == "code" and cell.source.strip() for cell in nb.cells),
        "nonce": nonce,
        "plotly_place": _PLOTLY_PLACE,
        "whole_rows": _WHOLE_ROWS,
    }
    page = _export(nb, report)
    if has_figures:
        from plotly.offline import get_plotlyjs

        # Only now, so that 5 MB of script need not go through nbconvert's HTML parser.
        page = page.replace(_PLOTLY_PLACE, get_plotlyjs(), 1)
    html.parent.mkdir(parents=True, exist_ok=True)
    write_whole(html, page)
    return html


def _read(notebook: Path):
    import nbformat

    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise NewsclustError(f"There is no notebook {notebook}: run it first.") from None
    except Exception as error:  # nbformat lets through whatever a malformed file makes it trip over
        first_line = str(error).partition("\n")[0][:200]
        raise NewsclustError(f"{notebook} cannot be read as a notebook ({first_line}): run it again.") from None


def _facts(nb) -> dict[str, Any]:
    """Return the run's parameters, metrics and provenance, each empty where the notebook says nothing.

    Also the names of the ``changed`` parameters, None where the notebook does not tell.
    """
    sources = [output.data[RUN_MIME] for output in _outputs(nb) if RUN_MIME in output.get("data", {})]
    facts = {
        "parameters": dict(nb.metadata.get("papermill", {}).get("parameters", {})),
        "metrics": {},
        "provenance": {},
    }
    for source in sources:
        for part in facts:
            # A whole part replaces papermill's parameters, which lack those the run left at their defaults.
            facts[part] = _mapping(source.get(part)) or facts[part]
    changed = [source["changed"] for source in sources if isinstance(source.get("changed"), list)]
    return {**facts, "changed": changed[-1] if changed else None}


def _changed(parameters: list[tuple[str, str]], names: list[str] | None) -> list[tuple[str, str]]:
    """Return the parameters to show unfolded, which are all where nobody told what the defaults are."""
    return [pair for pair in parameters if names is None or pair[0] in names]


def _failure(nb) -> str | None:
    for output in _outputs(nb):
        if output.output_type == "error" and (output.ename, output.evalue) not in {
            ("SystemExit", ""),
            ("SystemExit", "0"),
        }:
            return _failure_message(output)
    return None


def _failure_message(output) -> str:
    return output.evalue if output.ename == "NewsclustError" else f"{output.ename}: {output.evalue}"


def _outputs(nb):
    return [output for cell in nb.cells for output in cell.get("outputs", [])]


def _has_failed(cell) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _drop_unread(nb) -> None:
    """Leave out what no reader needs: setup cells, progress bars, warnings, empty and foreign outputs."""
    nb.cells = [
        cell for cell in nb.cells if not _DROPPED_TAGS & set(cell.metadata.get("tags", [])) or _has_failed(cell)
    ]
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.metadata["newsclust_is_parameters"] = bool(_PARAMETER_TAGS & set(cell.metadata.get("tags", [])))
            cell.outputs = [output for output in map(_readable, cell.outputs) if output is not None]
    _join_parameter_cells(nb)


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
        # A terminal shows only what follows a line's last carriage return.
        output.text = re.sub(r"[^\n]*\r(?!\n)", "", output.text)
        output["is_prose"] = _is_prose(output.text)
        return output if output.name == "stdout" and output.text.strip() else None
    data = output.data
    if WIDGET_MIMETYPE in data or RUN_MIME in data:
        return None
    best = next((kind for kind in _SHOWN_MIMETYPES if kind in data), None)
    if best == "text/html":
        data[best] = _cleaned(data[best])
    if best is None or not (best == PLOTLY_MIMETYPE or str(data[best]).strip()):
        return None
    output.data = {best: data[best]}
    output["is_prose"] = best == "text/plain" and _is_prose(data[best])
    return output


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
    for table in soup.find_all("table"):
        table.attrs.pop("border", None)
        _join_header_rows(table)
        for cell in table.select("thead th"):
            cell["scope"] = "col"
        for cell in table.select("tbody th"):
            cell["scope"] = "row"
        for cell in table.select("td"):
            if len(cell.get_text(strip=True)) <= 24:  # a date or a number is not to be broken
                cell["class"] = [*cell.get("class", []), "short"]
        table.wrap(
            soup.new_tag(
                "div",
                attrs={
                    "class": "table long" if len(table.select("tr")) > _WHOLE_ROWS + 1 else "table",
                    "tabindex": "0",
                    "role": "region",
                    "aria-label": "Table, scrolls sideways",
                },
            )
        )
    visible = soup.get_text(strip=True) or soup.select_one("img, svg, table, style")
    return str(soup) if visible else ""


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


def _is_map(output) -> bool:
    figure = output.get("data", {}).get(PLOTLY_MIMETYPE, {})
    meta = figure.get("layout", {}).get("meta")
    return isinstance(meta, dict) and meta.get("kind") == "map"


def _entries(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return facts as the template shows them: as a line of text, or as a table where they are nested."""
    entries = []
    for name, value in facts.items():
        entry: dict[str, Any] = {"label": _label(name), "is_command": "command" in name}
        nested = _mapping(value)
        if nested:
            entry["table"] = _fact_table(nested)
        else:
            entry["text"] = _shown(value, name)
        entries.append(entry)
    return entries


def _mapping(value: Any) -> dict[str, Any] | None:
    """Return a dict, or the dict that a list of (name, value) pairs stands for; None for anything else."""
    if isinstance(value, dict):
        return dict(value)
    pairs = isinstance(value, list) and all(
        isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) for item in value
    )
    return dict(value) if pairs and value else None


def _fact_table(facts: dict[str, Any]) -> dict[str, list]:
    rows = {name: _mapping(value) for name, value in facts.items()}
    if not all(rows.values()):
        pairs = [[name.replace("_", " "), _shown(value, name)] for name, value in facts.items()]
        return {"columns": [], "rows": pairs}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return {
        "columns": ["", *map(_label, columns)],
        "rows": [
            [name.replace("_", " "), *(_shown(row.get(column, ""), column) for column in columns)]
            for name, row in rows.items()
        ],
    }


def _label(name: str) -> str:
    words = name.removesuffix("_bytes").split("_")
    text = " ".join(word.upper() if word in _ABBREVIATIONS else word for word in words)
    return text[:1].upper() + text[1:]


def _shown(value: Any, name: str = "") -> str:
    """Return a value as text, in the unit that its name ends in; without a name, as one would type it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_shown(item, name) for item in value)
    if not isinstance(value, int | float):
        return str(value)
    if value != value:
        return "not defined"
    if not name or "seed" in name:
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if name.endswith("fraction"):
        return f"{100 * value:.1f}\u00a0%"
    if name.endswith("bytes"):
        return f"{value / 2**20:,.0f}\u00a0MiB"
    number = f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{number}\u00a0s" if name.endswith("seconds") else number


def _export(nb, report: dict[str, Any]) -> str:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    templates = Path(__file__).parent / "templates"
    exporter = HTMLExporter(
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN_MIMETYPES}}),
        template_name="newsclust",
        extra_template_basedirs=[str(templates)],
        exclude_anchor_links=True,
    )
    filters: dict[str, Callable] = {"script_json": _script_json, "below_title": _below_title}
    for name, function in filters.items():
        exporter.register_filter(name, function)
    for name in ("style.css", "report.js"):
        report[name.replace(".", "_")] = (templates / "newsclust" / name).read_text(encoding="utf-8")
    page, _ = exporter.from_notebook_node(nb, resources={"report": report})
    return page


def _script_json(value: Any) -> str:
    """Return JSON that browsers can parse and that cannot end the script element it stands in."""
    finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
    text = json.dumps(finite, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _below_title(markup: str) -> str:
    return re.sub(r"(</?)h1\b", r"\1h2", markup)

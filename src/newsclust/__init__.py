"""newsclust finds the stories in a pile of news headlines.

``import newsclust as nc`` offers the steps (``nc.find`` takes them all), pictures and tables as ``nc.show``, and what
compares runs as ``nc.grid``. Each name's module is imported at its first use.
"""

from __future__ import annotations

from importlib.metadata import version

from .lazy import offered

__version__ = version("newsclust")
__all__, __getattr__, __dir__ = offered(
    __name__,
    {
        "run.notebook": "parameters",
        "pipeline": "read embed link cluster name map finish find check_against_hdbscan read_run repeat",
        "grid.settings_compared": "compare_settings",
        "show.listings": "table",
        "corpus.look": "look",
        "run.parameters": "check_names",
        "run.phrase": "search",
        "arrivals.newcomers": "assign_newcomers",
        "errors": "NewsclustError",
    },
    packages="arrivals grid show",
)

"""From a run and new headlines to which of them join which story, and which are new."""

from __future__ import annotations

from ..lazy import offered

__all__, __getattr__, __dir__ = offered(
    __name__, {"assigned": "check_assignment finish_assignment", "newcomers": "assign_newcomers"}
)

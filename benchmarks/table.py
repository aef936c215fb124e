"""The rows of results.json as a Markdown table."""

from __future__ import annotations

from typing import Any

HEAD = ["data", "n × dim", "from … to", "baseline", "newsclust", "baseline", "ratio", "peak memory", "AMI", "target"]


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """A table of `rows` and a line about where they were measured."""
    lines = [_line(HEAD), _line([":--"] * 4 + ["--:"] * 5 + [":--"])]
    for row in rows:
        once = "¹" if row["repeats"] == 1 else ""
        data, task = row["name"].split(" / ")[0].split(": ")
        lines.append(
            _line(
                [
                    data,
                    f"{row['n']:,} × {row['dim']}",
                    task,
                    row["baseline"],
                    _seconds(row["newsclust_s"]) + once,
                    _seconds(row["baseline_s"]) + once,
                    f"{_three_digits(row['ratio'])} ×",
                    f"{_mib(row['newsclust_mib'])} / {_mib(row['baseline_mib'])}",
                    _pair(row, "ami"),
                    _target(row),
                ]
            )
        )
    measured = sorted({row["measured"] for row in rows})
    once = " ¹ Ran once." if any(row["repeats"] == 1 for row in rows) else ""
    return "\n".join([*lines, "", f"Measured {' and '.join(measured)}; medians of at least three runs.{once}", ""])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _target(row: dict[str, Any]) -> str:
    if "target" not in row:
        return ""
    reached = ", ".join(f"{what} {row[what]}" for what in ("newsclust_recall", "growth_exponent") if what in row)
    return f"{row['target']}: **{'met' if row['met'] else 'missed'}**" + (f" ({reached})" if reached else "")


def _pair(row: dict[str, Any], fact: str) -> str:
    values = [row.get(f"{who}_{fact}") for who in ("newsclust", "baseline")]
    return "" if None in values else " / ".join(f"{value:.2f}" for value in values)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _mib(value: int) -> str:
    return f"{value:,} MiB" if value < 1024 else f"{value / 1024:.1f} GiB"

"""Lines of code in each room, and whether the whole stays small: part of `make lint`.

A line of code holds a token that is no comment, and is no line of a docstring.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

SRC = Path(__file__).parent.parent / "src"
#: The most lines of code; to be lowered when lines are removed.
MOST = {"src/newsclust": 12_887, "src": 17_471, "scripts, styles and templates": 1_474}
#: Lines of a module, whatever they hold.
LONGEST = 400
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(text: str) -> int:
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    held = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(held - documented)


def main() -> int:
    rooms: Counter[str] = Counter()
    wrong = []
    for path in sorted(SRC.rglob("*.py")):
        text, parts = path.read_text(encoding="utf-8"), path.relative_to(SRC).parts
        rooms["/".join(parts[:2]) if len(parts) > 2 else parts[0]] += lines_of_code(text)
        if (n := text.count("\n")) > LONGEST:
            wrong.append(f"{path.relative_to(SRC.parent)} has {n} lines, more than {LONGEST}: is it still one idea?")
    shown = [path for kind in ("js", "css", "j2") for path in SRC.rglob(f"*.{kind}")]
    found = {
        "src/newsclust": sum(n for room, n in rooms.items() if room.split("/")[0] == "newsclust"),
        "src": sum(rooms.values()),
        "scripts, styles and templates": sum(path.read_text(encoding="utf-8").count("\n") for path in shown),
    }
    for room, n in [*rooms.items(), *found.items()]:
        print(f"{n:7,}  {room}")
    wrong += [f"{name}: {n:,} lines, more than {MOST[name]:,}" for name, n in found.items() if n > MOST[name]]
    print("\n".join(wrong), file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

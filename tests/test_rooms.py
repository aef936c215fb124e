"""The package's rooms: what flows where, so that nobody has to guess in which of them a thing is made."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "newsclust"
#: Data flows from the first to the last; the modules beside the rooms, which hold no data, come before all of them.
ROOMS = """corpus vectors neighbors clusters stories run arrivals show pipeline defend grid terminal cli_run cli
    __main__""".split()
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """The package's own modules that a module imports anywhere in it, those for the type checker included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(PACKAGE).parent.parts
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            base = [part for part in base if part]
            for alias in node.names:
                module = ".".join([*base, alias.name])
                found.add(module if module in names else ".".join(base))
    return found & names


names = {name_of(path) for path in MODULES if path.name != "__init__.py" or path.parent != PACKAGE}


def place(module: str) -> int:
    room = module.split(".")[0]
    return ROOMS.index(room) if room in ROOMS else -1


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_takes_only_from_rooms_above_it(path):
    module = name_of(path)
    upwards = {other for other in imports(path) if place(other) > place(module)}
    assert not upwards or module == "__init__", f"{module} takes from {upwards}"


def test_no_two_modules_take_from_each_other():
    graph = {name_of(path): imports(path) for path in MODULES}
    done: set[str] = set()

    def walk(module: str, on_the_way: tuple[str, ...]) -> None:
        assert module not in on_the_way, " -> ".join([*on_the_way, module])
        if module not in done:
            for other in graph.get(module, ()):
                walk(other, (*on_the_way, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def test_every_folder_is_a_room_and_no_two_modules_share_a_name():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders <= set(ROOMS)
    counts = Counter(name.split(".")[-1] for name in names)
    assert not {name for name, count in counts.items() if count > 1 and name not in ROOMS}

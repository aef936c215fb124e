"""Names of columns, in the field's sources and in twenty languages, and the role that each stands for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from .errors import ColumnsError
from .wordlists import fold, require, words

#: The roles of columns, in the order in which they are shown.
ROLES = ("title", "description", "url", "publisher", "published_at", "language")
#: The roles of texts.
TEXTS = ROLES[:2]


def check_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """`columns` as a dict role -> name of a column, or a ColumnsError that says what it can be."""
    if not columns:
        return {}
    example = "give for example {title: hed, published_at: when}"
    if not isinstance(columns, Mapping):
        raise ColumnsError(f"columns is {columns!r}: {example}.")
    for role, name in columns.items():
        if role not in ROLES:
            known = ", ".join(ROLES)
            raise ColumnsError(f"columns names {role!r}, which is no role a column can have: the roles are {known}.")
        if not isinstance(name, str) or not name.strip():
            raise ColumnsError(f"columns gives {name!r} as the column for {role}: {example}.")
    return dict(columns)


def is_name_of(role: str, name: str) -> bool:
    """Whether a column of this name has this role, by the names that are used for nothing else."""
    return rank_of(role, name) in (0, 1)


def is_called(name: str, *roles: str) -> bool:
    """Whether a column of this name may have one of these roles."""
    return any(rank_of(role, name) is not None for role in roles)


def any_title(names: Iterable[object]) -> bool:
    """Whether one of the names is a name for headlines."""
    return any(is_name_of("title", str(name)) for name in names)


def names_titles(record: list[str]) -> bool:
    """Whether one of a record's cells is a name for headlines, which makes the record a header."""
    cells = [cell.strip().lstrip("#").strip() for cell in record]
    return any_title(cell for cell in cells if len(cell) <= 60)


@lru_cache(maxsize=50_000)
def rank_of(role: str, name: str) -> int | None:
    """0 for a name of this role, 1 for one that contains it or ends in it, 2 for one that may mean it; else None."""
    strong, weak = _keys(role)
    name = name.removeprefix("_source.")  # Elasticsearch's wrapper, no publisher
    key = bare(name)
    if key in strong:
        return 0
    parts = [part for part in re.split(r"[.:/]+|\[\d*\]", name) if part and not part.isdigit()]
    if len(parts) > 1:
        owned = lists()["owners"]
        last, owners = bare(parts[-1]), {bare(part) for part in parts[:-1]}
        own = next((name for name in map(bare, reversed(parts)) if name not in owned["empty"]), last)
        if role == "publisher" and not owners.isdisjoint([*strong, *owned["publishers"]]) and last in owned["names"]:
            return 0
        if owners.isdisjoint([*owned["others"], *owned["publishers"]]) and (own in strong or last in strong):
            return 1
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = re.split(r"[\W_]+", fold(spaced))
    if role == "url" and len(parts) > 1:
        addresses = lists()["addresses"]
        if parts[-1] in addresses["words"] and set(parts).isdisjoint(addresses["unless"]):
            return 1
    if role == "title":
        titles, within = lists()["titles"], set(parts)
        if 1 < len(within) < 7 and not within.isdisjoint(titles["words"]) and within.isdisjoint(titles["unless"]):
            return 1
    return 2 if key in weak else None


def place_of(role: str, name: str) -> int:
    """The rank of a name among those of a role: the best have the smallest numbers."""
    strong, weak = _keys(role)
    owner, _, last = name.rpartition(".")
    names = lists()["owners"]["names"]
    if role == "publisher" and owner and last in names:
        return names.index(last)
    return {**strong, **weak}.get(bare(name), 999)


def collected(name: str) -> bool:
    """Whether a name says when a headline was collected or changed, and not when it was published."""
    return rank_of("published_at", name) == 2 and any(word in bare(name) for word in lists()["contents"]["collected"])


def are_bookmarks(names: Iterable[object]) -> bool:
    """Whether columns so called are those of a list of bookmarks, whose days are those of keeping."""
    return {"folder", "tags"} <= {bare(str(name)) for name in names}


def bare(name: str) -> str:
    """A name without case, accents, spaces and punctuation."""
    return "".join(c for c in fold(name) if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc"))


@cache
def lists() -> dict[str, dict[str, tuple[str, ...]]]:
    """``data/roles.toml``, where each role has names and no name stands for two things."""
    read = words("roles")
    require(tuple(read["names"]) == ROLES, "roles", f"names are given of other roles than {', '.join(ROLES)}")
    role_of: dict[str, str] = {}
    for role, kinds in read["names"].items():
        for name in (*kinds["strong"], *kinds.get("weak", ())):
            other = role_of.get(bare(name))
            require(other is None, "roles", f"{name!r} is a name of {other} and of {role}")
            role_of[bare(name)] = role
    return read


@cache
def _keys(role: str) -> tuple[dict[str, int], dict[str, int]]:
    kinds: dict[str, tuple[str, ...]] = lists()["names"].get(role, {})  # type: ignore[assignment]  # a table for each role
    kinds = kinds or {"strong": lists()["parts"][role]}
    strong, weak = ({bare(name): at for at, name in enumerate(kinds.get(kind, ()))} for kind in ("strong", "weak"))
    return strong, weak

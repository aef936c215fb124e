"""The lists in a JSON value: which hold the headlines, which fields are above each, and which are not read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .cells import is_run, is_unspaced, text_frame, text_of
from .records import URL
from .roles import bare, is_name_of, lists, names_titles, rank_of
from .tables import Table, unique_names

_DAY = re.compile(r"(19|20)\d\d[-/.]?\d\d([-/.]?\d\d)?([T ].*)?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")
_REMARK = re.compile(r"(?:channel|group|bot|pinned|reminder|huddle|sh_room)_(?!message)")
_TEXTS = " (texts)"
_SAMPLE = 100


def _is_texts(name: str) -> bool:
    return any(rank_of(role, name) is not None for role in ("title", "description", "url", "language"))


@dataclass(eq=False)
class Group:
    """The records, or texts, with one path, each with the fields above it.

    In the path, "*" is a name that is data, such as a newspaper or a day, and "[]" is a list's item.
    """

    path: str
    records: list[dict[str, Any]] = field(default_factory=list)
    above: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.texts, way = self.path.endswith(_TEXTS), self.path.removesuffix(_TEXTS)
        self.name = bare(way.rpartition(".")[2].strip("[]*"))
        self.shown = way.lstrip(".") or "the list at the top"

    def sample(self) -> list[dict[str, Any]]:
        return [flat(unwrapped(record)) for record in self.records[:: len(self.records) // _SAMPLE + 1]]

    def titles(self, *ranks: int) -> list[str]:
        """The value that is named like a headline in each record of the sample; "" where there is none."""
        return [next(filter(None, (text_of(value) for key, value in row.items() if isinstance(value, (str, list))
                                   and rank_of("title", str(key)) in ranks)), "") for row in self.sample()]  # fmt: skip

    def promise(self) -> int:
        """2 if most records have a field named like a headline, 1 if they have a text, else 0."""
        for promise, ranks in ((2, (0, 1)), (1, (2,))):
            if 2 * sum(map(bool, titles := self.titles(*ranks))) >= len(titles):
                return promise
        return 0

    def about(self) -> int:
        """How many other fields of an article are there."""
        names = {str(key) for record in self.sample() for key, value in record.items() if value}
        roles = ("url", "description", "published_at")
        weak = any(rank_of("title", k) == 2 for k in names)
        return sum(any(is_name_of(role, k) for k in names) for role in roles) + weak

    def belongs(self) -> bool:
        """Whether these are named like parts of an article, and nothing in them like a headline."""
        return self.promise() < 2 and self.name in lists()["lists"]["related"]

    def is_related(self) -> bool:
        """Whether these are in a record and named like parts of an article."""
        steps = self.path.removesuffix(_TEXTS).partition("[]")[2].split(".")
        return not {bare(step.strip("[]*")) for step in steps}.isdisjoint(lists()["lists"]["related"])

    def holds_headlines(self) -> bool:
        """Whether texts are headlines: they are named so, or look so and are not in a record."""
        if not self.texts or is_name_of("title", self.name):
            return True
        plain = "[]." not in self.path and self.name not in lists()["contents"]["no_texts"]
        return plain and like_headlines([record["title"] for record in self.records])


def like_headlines(texts: list[str]) -> bool:
    """Whether most of them have three words, or eight letters where words have no spaces."""
    likely = sum(len(t.split()) > 2 or (len(t) > 7 and is_unspaced(t)) for t in texts if not URL.match(t))
    return 2 * likely >= sum(map(bool, texts)) > 0


def has_text(path: str, groups: dict[str, Group]) -> bool:
    """Whether the record around a list has a text of its own that looks like a headline."""
    outer = [group for other, group in groups.items() if not group.texts and path.startswith(other + "[]")]
    values = [value for group in outer for row in group.sample() for value in row.values() if isinstance(value, str)]
    return like_headlines(values)


def gather(value: Any, path: str, above: dict[str, Any], groups: dict[str, Group]) -> dict[str, Group]:
    """Every list of records, of texts and of rows with a header, by its path."""

    def add(record: dict[str, Any], above: dict[str, Any], where: str) -> None:
        group = groups.setdefault(where, Group(where))
        group.records.append(record)
        group.above.append(above)
        inner = [item for item in record.values() if isinstance(item, (dict, list)) and item]
        if len(inner) > 1 or any(isinstance(item, list) or any(map(_is_nest, item.values())) for item in inner):
            gather(record, where + "[]", {**above, **_told(record, whole=True)}, groups)

    if isinstance(value, list):
        records = [item for item in value if isinstance(item, dict)]
        dated = any(is_name_of("published_at", str(key)) for item in records for key in item)
        if records and not dated and all(map(is_run, value)):
            return groups  # one text, in pieces of different forms; a message has its day
        rows = len(value) > 1 and all(isinstance(item, list) for item in value)
        header = [text_of(cell) for cell in value[0]] if rows else []
        if len(header) > 1 and names_titles(header):
            value = [dict(zip(unique_names(header), row, strict=False)) for row in value[1:]]
        for item in value:
            if isinstance(item, dict):
                add(item, above, path)
            elif isinstance(item, list):
                gather(item, path + "[]", above, groups)
            elif isinstance(item, str) and item.strip():
                add({"title": item}, above, path + _TEXTS)
    elif isinstance(value, dict):
        keyed = _names_are_data(value)
        above = above if keyed else {**above, **_told(value, whole=False)}
        for key, item in value.items():
            where, inner = (f"{path}.*", {**above, **_key(str(key), above)}) if keyed else (f"{path}.{key}", above)
            record = isinstance(item, dict) and not _is_others(key) and named_so(unwrapped(item))
            alone = record and "[]" not in path and len(item) > 1
            alone = alone and not any(isinstance(v, list) for v in item.values())
            if record and (keyed or (alone and like_headlines(Group("", [item]).titles(0, 1)))):
                add(item, inner, where)
            else:
                gather(item, where, inner, groups)
    return groups


def chosen(groups: dict[str, Group]) -> list[Group]:
    """The lists that hold the headlines: the articles in events, but not the related articles of an article."""
    promise = {path: group.promise() for path, group in groups.items()}
    for path in [path for path, group in groups.items() if group.is_related()]:
        if any(promise[outer] and path.startswith(outer + "[]") for outer in groups):
            promise[path] = 0  # they belong to a record that has a headline, or a text, itself
    best = max(promise.values(), default=0)
    likely = [group for path, group in groups.items() if promise[path] == best > 0 and group.holds_headlines()]
    records = {group.path for group in likely if not group.texts}
    if records:  # beside articles, texts are headlines if they are named so, or are under names as the articles are
        likely = [g for g in likely if not g.texts or is_name_of("title", g.name) or g.path[: -len(_TEXTS)] in records]
    if not likely:  # a page or a day of texts, which has no text of its own
        silent = lists()["contents"]["no_texts"]
        likely = [g for path, g in groups.items() if g.texts and g.name not in silent and not has_text(path, groups)
                  and like_headlines([record["title"] for record in g.records])]  # fmt: skip
    if not likely:
        long = [g for g in groups.values() if "[]" not in g.path and len(g.records) >= 3 and not g.texts]
        return sorted(long, key=lambda group: -len(group.records))[:1]
    for outer in list(likely):
        for inner in [group for group in likely if group.path.startswith(outer.path + "[]")]:
            if outer in likely and inner in likely:
                likely.remove(outer if _is_event(outer, inner) else inner)
    good = [group for group in likely if like_headlines(group.titles(*((0, 1) if best == 2 else (2,))))]
    if not good:
        nearest = min(group.path.count("[]") for group in likely)
        good = [group for group in likely if group.path.count("[]") == nearest]
    return good if best == 2 else sorted(good, key=lambda group: -len(group.records))[:1]


def table_of(read: list[Group], groups: dict[str, Group], name: str, lines: list[int] | None) -> Table:
    """One table of the lists that are read; the others are named with their sizes."""
    rows = []
    for group in read:
        for record, above in zip(group.records, group.above, strict=True):
            row = flat(unwrapped(record))
            filled = [str(k) for k, v in row.items() if v]
            known = [role for role in ("published_at", "publisher") if any(is_name_of(role, k) for k in filled)]
            above = {k: v for k, v in above.items() if not any(is_name_of(role, k) for role in known)}
            rows.append({**row, **{k: v for k, v in above.items() if row.get(k) in (None, "")}})
    table = Table(text_frame(rows), (lines or ()) if [group.path for group in read] == [""] else ())
    if len(read) > 1:
        some = ", ".join(f"{group.shown} ({len(group.records):,})" for group in read[:12])
        table.notes.append(f"{name} has {len(read)} lists with headlines, which are read below each other: {some}")
    for group in groups.values():
        within = any(group.path.startswith(one.path + "[]") for one in read)
        outside = any(one.path.startswith(group.path + "[]") for one in read)
        named = any(group.titles(0, 1)) if (within and not group.texts) or outside else not within
        if group not in read and (named or (not outside and group.texts and group.holds_headlines())):
            why = "they are part of others" if within else "no headlines"
            why = "they contain those that are read" if outside else why
            table.others.append((group.shown, len(group.records), why))
    return table


def _is_event(outer: Group, inner: Group) -> bool:
    """Whether records with a headline are only containers of the articles in them."""
    way, words = inner.path.removeprefix(outer.path), lists()["lists"]
    sides = way.count("[]") == 1 and way.endswith("*")
    likely = sides or inner.about() + (inner.name in words["articles"]) >= outer.about()
    return likely and len(inner.records) >= len(outer.records)


def _is_nest(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _is_others(name: Any) -> bool:
    return bare(str(name)) in lists()["owners"]["others"]


def _names_are_data(value: dict[str, Any]) -> bool:
    """Whether the names in a record stand for newspapers, days, pages or searches, and not for fields."""
    inner = {str(key): item for key, item in value.items() if isinstance(item, (dict, list)) and item}
    items: list[Any] = list(inner.values())
    if 2 * len(inner) < len(value) or len({type(item) for item in items}) != 1:
        return False
    if all(_DAY.match(key) or not _IDENTIFIER.match(key) for key in inner):
        return True
    if len(inner) < 2 or any(map(_is_others, inner)):
        return False
    if isinstance(items[0], dict):
        first = set(items[0])
        alike = all(2 * len(first & set(item)) >= len(first | set(item)) for item in items)
        inside = [pair for item in items for pair in item.items()]
        return alike or all(isinstance(one, list) and (_DAY.match(key) or " " in key) for key, one in inside)
    weak = any(rank_of("title", name) for name in inner)
    texts = not weak and all(isinstance(text, str) for item in items for text in item)
    records = all(isinstance(item[0], dict) and named_so(unwrapped(item[0])) for item in items)
    return records or (texts and all(map(like_headlines, items)))


def _key(key: str, above: dict[str, Any]) -> dict[str, str]:
    """A name that is data, as a field of the records below it."""
    name = "date" if _DAY.match(key) else "key"
    return {name if name not in above else f"{name} {len(above) + 1}": key}


def _told(record: dict[str, Any], whole: bool) -> dict[str, Any]:
    """The fields that a record gives to those within it, other texts under names that can't be confused with theirs."""
    told = {}
    for key, item in ((str(key), item) for key, item in record.items() if not isinstance(item, (list, dict))):
        if is_name_of("published_at", key) or is_name_of("publisher", key):
            told[key] = item
        elif whole:
            told[f"outer {key}" if _is_texts(key) else key] = item
    return told


def unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Reddit's ``{"kind": "t3", "data": {...}}`` and its like."""
    inner = [item for item in record.values() if isinstance(item, dict)]
    if len(inner) == 1 and (len(record) == 1 or (not named_so(record) and named_so(inner[0]))):
        (key,) = [key for key, item in record.items() if item is inner[0]]
        return {**{k: v for k, v in record.items() if k != key and k not in inner[0]}, **inner[0]}
    return record


def named_so(record: dict[str, Any]) -> bool:
    """Whether a field is named like a headline."""
    return any(rank_of("title", str(key)) in (0, 1) and isinstance(value, (str, dict)) for key, value in record.items())


def flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """The record on one level: ``{"source": {"name": "X"}}`` becomes ``source.name``."""
    row: dict[str, Any] = {}
    for key, value in record.items():
        if key == "title" and record.get("type") == "service" and "action" in record:
            continue  # Telegram's remark on the channel
        if key == "text" and _REMARK.match(str(record.get("subtype"))):
            continue  # and Slack's
        key = f"{prefix}{key}"
        if isinstance(value, dict) and value and depth < 3:
            row |= flat(value, "" if key == "_source" else f"{key}.", depth + 1)
        elif (
            isinstance(value, list)
            and len(value) == 1
            and isinstance(value[0], dict)
            and depth < 3
            and not is_run(value[0])
        ):
            row |= flat(value[0], f"{key}.", depth + 1)
        elif key.endswith("sentences") and isinstance(value, list):
            row[key] = " ".join(map(text_of, value))
        else:
            row[key] = value
    return row

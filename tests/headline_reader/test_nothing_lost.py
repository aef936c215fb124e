"""Nested JSON of random shapes with known headlines: each is read, set aside, or in a list that is named."""

from __future__ import annotations

import json
import os
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headline_reader import Piece, ReaderError, read

#: NEWSCLUST_EXAMPLES=5000 is the long run.
EXAMPLES = int(os.environ.get("NEWSCLUST_EXAMPLES", 30))
WORDS = "tram harbour council seals winter bakers library bridge choir farmers island museum river school ferry".split()


class Numbers:
    """Counts headlines, so that each is another."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def headline(self, draw: st.DrawFn) -> str:
        one, other, third = (draw(st.sampled_from(WORDS)) for _ in range(3))
        self.made.append(f"The {one} near the {other} and number {len(self.made)} of the {third}")
        return self.made[-1]


def article(draw: st.DrawFn, numbers: Numbers) -> dict[str, object]:
    record: dict[str, object] = {draw(st.sampled_from(["title", "headline"])): numbers.headline(draw)}
    if draw(st.booleans()):
        record["url"] = f"https://paper.example/{len(numbers.made)}"
    if draw(st.booleans()):
        record["published"] = "2023-09-11"
    if draw(st.booleans()):
        record["source"] = {"name": "Valley Herald"}
    if draw(st.booleans()):
        record["tags"] = ["one", "two"]
    return record


def value(draw: st.DrawFn, numbers: Numbers, depth: int) -> object:
    kinds = ["articles", "texts", "days", "papers", "wrapper", "events", "sections", "pages", "side", "rows"]
    kind = draw(st.sampled_from(kinds if depth < 3 else kinds[:3]))
    several = range(draw(st.integers(2, 4)))
    if kind == "articles":
        return [article(draw, numbers) for _ in several]
    if kind == "texts":
        return [numbers.headline(draw) for _ in several]
    if kind == "days":
        return {f"2023-09-{11 + i}": [article(draw, numbers) for _ in several] for i in several}
    if kind == "papers":
        return {f"Paper {i}": value(draw, numbers, depth + 1) for i in several}
    if kind == "wrapper":
        return {"status": "ok", draw(st.sampled_from(["articles", "data", "results"])): value(draw, numbers, depth + 1)}
    if kind == "events":
        name = draw(st.sampled_from(["articles", "stories", "related", "parts"]))
        titled = draw(st.booleans())
        events = [article(draw, numbers) if titled else {"event": i} for i in several]
        return [{**event, name: [article(draw, numbers) for _ in several]} for event in events]
    if kind == "sections":
        return {name: value(draw, numbers, depth + 1) for name in ("world", "sport")}
    if kind == "pages":
        return [{"page": i, "items": value(draw, numbers, depth + 1)} for i in several]
    if kind == "side":
        return {"people": [{"name": "Ida", "id": 1}] * 3, "articles": [article(draw, numbers) for _ in several]}
    return {"rows": [["title", "date"], *([numbers.headline(draw), "2023-09-11"] for _ in several)]}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    numbers = Numbers()
    return json.dumps(value(draw, numbers, 0)), numbers.made


def lists_of(value: object, path: str = "") -> dict[str, list[str]]:
    """The headlines by the names that lead to them, those of the reader: its own walk, for names that are not data."""
    found: dict[str, list[str]] = {}
    if isinstance(value, dict):
        for key, item in value.items():
            for way, some in lists_of(item, f"{path}.{key}").items():
                found.setdefault(way, []).extend(some)
    elif isinstance(value, list):
        for item in value:
            for way, some in lists_of(item, path).items():
                found.setdefault(way, []).extend(some)
    elif isinstance(value, str) and value.startswith("The "):
        found[path] = [value]
    return found


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_every_headline_is_a_document_set_aside_or_in_a_named_list(file):
    text, made = file
    try:
        headlines = read(Piece("file", "file", text.encode()), detect=False)
    except ReaderError as error:
        raise AssertionError(f"{error} {text}") from None
    assert len(headlines.rows) + headlines.n_unfit == len(headlines.table) + len(headlines.rejected)
    read_so = set(headlines.table["title"]) | set(headlines.table["description"])
    aside = " ".join(headlines.rejected["text"])
    named = {re.sub(r"\[\]", "", name).strip(".") for name, _, _ in headlines.others}
    lost = [one for one in made if one not in read_so and one not in aside]
    for way, some in lists_of(json.loads(text)).items():
        if missing := set(some) & set(lost):
            way = way.rpartition(".")[0] if re.search(r"\.(title|headline)$", way) else way
            steps = way.strip(".").split(".") if way.strip(".") else []
            fits = [name for name in named if _fits(steps or "the list at the top".split(), name)]
            assert fits, (sorted(missing)[:3], way, named, text[:3000])


def _fits(steps: list[str], name: str) -> bool:
    pattern = ".".join("*" if re.fullmatch(r"\*|2023-09-\d\d|Paper \d", step) else step for step in steps)
    alike = re.escape(name).replace(r"\*", r"[^.]+")
    return bool(re.fullmatch(alike, ".".join(steps))) or name == pattern or (
        name == "the list at the top" and steps == "the list at the top".split()
    )  # fmt: skip

"""What a parameter's value means where it can mean one thing only, and in words what it should have been.

papermill's ``-p`` and YAML each have ideas of their own: ``1e-3`` and ``None`` are texts to the one, ``true`` to the
other, and the file name 2024 is a number to both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

#: Upper bound of counts: what fits the C integers of the libraries below.
MOST = 2**31 - 1
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def understood(value: Any, kind: Any) -> Any:
    """`value` as one of the type or union `kind`, where there is no doubt which is meant; else as it is.

    >>> understood("1e-3", float), understood("None", int | None), understood(2024, str)
    (0.001, None, '2024')
    """
    options = list(_options(kind))
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str):
        value = _read(value, options)
    if str in options:
        return _as_text(value)
    if isinstance(value, float) and value.is_integer() and float not in options:
        return int(value) if int in options or value in options else value
    if value is None and NoneType not in options and dict in options:
        return {}  # YAML's "search_params:" with nothing behind it
    return value


def expected(field: FieldInfo, value: Any = None) -> str:
    """In words what `field` takes, given that `value` was refused, and an example where words need one."""
    options = list(_options(field.annotation))
    chosen = [repr(option) for option in options if not isinstance(option, type)]
    words = [_in_words(option, field, value) for option in options if isinstance(option, type)]
    said = chosen + [word for word in words if word != "None"] + ["None"] * ("None" in words)
    said = " or ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    if not {int, float, str, dict} & set(options):
        return said
    example = field.examples[0] if field.examples else field.default
    said += f", for example {example!r}"
    if str in options and isinstance(value, (int, float)):
        said += "; papermill's -r takes what looks like a number as a text"
    return said


def _options(kind: Any) -> Iterator[Any]:
    """The types and single values that a type annotation allows."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _options(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for part in get_args(kind):
            yield from _options(part)
    elif origin is Literal:
        yield from get_args(kind)
    else:
        yield origin or kind


def _read(text: str, options: list[Any]) -> Any:
    word = text.strip().casefold()
    chosen = {str(option).casefold(): option for option in options if not isinstance(option, type)}
    if re.sub(r"[-\s]+", "_", word) in chosen:  # "ivf-flat"
        return chosen[re.sub(r"[-\s]+", "_", word)]
    if str in options:
        return None if NoneType in options and text == "None" else text
    if NoneType in options and word in ("none", "null"):
        return None
    if bool in options and word in _BOOLEANS:
        return _BOOLEANS[word]
    if dict in options and word.startswith("{"):
        return _mapping(text)
    number = _number(word)
    return text if number is None or not {int, float} & set(options) else number


def _number(text: str) -> int | float | None:
    if re.fullmatch(r"[+-]?\d{1,400}", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.ASCII):
        return float(text)
    return None


def _mapping(text: str) -> Any:
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return read if isinstance(read, dict) else text


def _as_text(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value


def _in_words(kind: type, field: FieldInfo, value: Any) -> str:
    if kind in (int, float):
        return f"a {'whole ' if kind is int else ''}number{_range(field, value)}"
    words = {bool: "True or False", str: "a text", list: "a list of texts", dict: "a dict", NoneType: "None"}
    return words.get(kind, f"a {kind.__name__}")


def _range(field: FieldInfo, value: Any) -> str:
    limits = {}
    for limit in _limits(field):
        limits |= {name: getattr(limit, name) for name in ("ge", "le") if hasattr(limit, name)}
    low, high = limits.get("ge"), limits.get("le")
    if high == MOST and not (isinstance(value, int) and value > MOST):
        high = None  # of interest to nobody else
    if low is None:
        return "" if high is None else f" of at most {high}"
    return f" of at least {low}" if high is None else f" from {low} to {high}"


def _limits(field: FieldInfo) -> Iterator[Any]:
    yield from field.metadata

    def inside(kind: Any) -> Iterator[Any]:
        if get_origin(kind) is Annotated:
            for part in get_args(kind)[1:]:
                yield from part.metadata if isinstance(part, FieldInfo) else [part]
        for part in get_args(kind):
            yield from inside(part)

    yield from inside(field.annotation)

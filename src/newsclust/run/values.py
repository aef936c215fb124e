"""The meaning of a parameter's value, if it can mean only one thing.

papermill's ``-p`` and YAML read values differently: ``1e-3`` and ``None`` are texts to the one, ``true`` to the other,
and the file name 2024 is a number to both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml


class Reader(yaml.SafeLoader):
    """YAML without duplicate names, of which one would be lost, and without aliases, which can grow to any size.

    Use it as ``yaml.load(text, Reader)``.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "an alias is not allowed here, write out what it means", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        names = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in names:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is here twice", key.start_mark)
            names.add(name)
        return super().construct_mapping(node, deep)


def understood(value: Any, kind: Any) -> Any:
    """`value` as one of the type or union `kind`, if it is clear which is meant; else unchanged.

    >>> understood("1e-3", float), understood("None", int | None), understood(2024, str)
    (0.001, None, '2024')
    """
    options = list(_options(kind))
    if getattr(value, "shape", None) == ():  # a number of numpy's
        value = value.item()
    if str in options:
        is_text = isinstance(value, os.PathLike | date) or (type(value) is int and value >= 0)
        return None if str(value) == "None" and NoneType in options else str(value) if is_text else value
    if isinstance(value, str):
        value = _read(value, options)
    if isinstance(value, float) and value.is_integer() and float not in options:
        return int(value) if int in options or value in options else value
    if value is None and NoneType not in options and dict in options:
        return {}  # YAML's "search_params:" with nothing after it
    return value


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
    """The value that a text stands for, if no text is wanted."""
    word = text.strip().casefold().replace("-", "_")
    chosen = [option for option in options if isinstance(option, str) and option.casefold() == word]
    if chosen:  # "ivf-flat"
        return chosen[0]
    if word in ("none", "null"):
        return None
    with suppress(ValueError):
        return float(text)
    with suppress(yaml.YAMLError, ValueError, RecursionError):
        said = yaml.load(text, Reader)
        return said if isinstance(said, bool | dict) else text
    return text

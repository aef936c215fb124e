"""What all commands share: how they are found, stopped and made quiet, and where their lines go."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, Any

import typer
import typer.core

from . import __version__
from .paths import find_input


class Commands(typer.core.TyperGroup):
    """``newsclust mine.csv`` is ``newsclust run mine.csv``; ``-p k 30`` is one value, ``k=30``."""

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # its class is hidden
        if args and args[0] not in self.commands and ("://" in args[0] or find_input(args[0]).exists()):
            args = ["run", *args]
        for at in reversed([at for at, one in enumerate(args[:-1], start=1) if one == "-p" and "=" not in args[at]]):
            args[at : at + 2] = ["=".join(args[at : at + 2])]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # its class is hidden
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\nStopped.", err=True)
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Find the stories in headlines.", pretty_exceptions_enable=False
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per run and nothing else.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"newsclust {__version__}")
        raise typer.Exit


@app.callback()
def common(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    if quiet:
        _say.clear()
    if quiet or not sys.stderr.isatty():
        os.environ["TQDM_DISABLE"] = "1"  # here and in the kernels


#: Prints lines for the user; none with --quiet.
_say = [typer.echo]


def tell(line: str) -> None:
    for say in _say:
        say(line)


def print_json(**facts: object) -> None:
    print(json.dumps(facts, ensure_ascii=False, default=str))

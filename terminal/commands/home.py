"""Options that several commands share: the data folder, the days, the form of the output."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from terminal.options import home_folder

F = TypeVar("F", bound=Callable[..., Any])


def home_option(command: F) -> F:
    return click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder.")(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def home_of(ctx: click.Context, given: Path | None) -> Path:
    """The folder after the command's own `--home`, else after tezi's, else the user's."""
    return home_folder(given or ctx.find_root().params.get("home"))


def days(day: str | None, first: str | None, last: str | None) -> tuple[str, str] | None:
    """The asked range of days, both included; None when none was asked. Raises click.UsageError."""
    if day is not None and (first is not None or last is not None):
        raise click.UsageError("--day goes without --from and --to.")
    if day is None and first is None and last is None:
        return None
    low, high = _day(day or first, "0001-01-01"), _day(day or last, "9999-12-31")
    if low > high:
        raise click.UsageError(f"--from {low} is after --to {high}.")
    return low, high


def _day(text: str | None, otherwise: str) -> str:
    if text is None:
        return otherwise
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as e:
        raise click.UsageError(f"{text!r} is no day; write it as 2026-03-31.") from e

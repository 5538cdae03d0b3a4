"""`tezi export`: orders, trades, positions, profit, the audit log, and the report of a day, from the store."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.home import days, home_of, home_option

if TYPE_CHECKING:
    from core.store.sheets import Sheet

WHAT = ("orders", "trades", "positions", "pnl", "audit", "report")


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option("--day", help="One trading day, YYYY-MM-DD; the last one with orders when left out.")
@click.option("--from", "first", help="First day of a range.")
@click.option("--to", "last", help="Last day of a range.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), help="How the table is written; csv if left out.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this new file (0600) instead of stdout.")
@home_option
@click.pass_context
def export(
    ctx: click.Context,
    what: str,
    day: str | None,
    first: str | None,
    last: str | None,
    form: str | None,
    as_json: bool,
    out: Path | None,
    home: Path | None,
) -> int:
    """Write what the store holds as a table with totals. Reads only; a terminal may be running."""
    asked = days(day, first, last)
    if what == "report" and (first or last):
        raise click.UsageError("a report is of one day: --day YYYY-MM-DD.")
    if what == "report" and (form or as_json):
        raise click.UsageError("a report is text; --format goes with the tables.")
    write(content(what, home_of(ctx, home), asked, as_json or form == "json"), out)
    return 0


def content(what: str, home: Path, asked: tuple[str, str] | None, as_json: bool) -> Iterable[str]:
    """The text in pieces. Raises UserError."""
    from core.store.sheets import csv_lines, json_lines

    if what == "report":
        return [report(home, asked)]
    sheet = _sheet(what, home, asked)
    return json_lines(sheet) if as_json else csv_lines(sheet)


def _sheet(what: str, home: Path, asked: tuple[str, str] | None) -> "Sheet":
    from core.store.reads import StoreReader
    from terminal import exports

    if what == "audit":
        return exports.audit_sheet(home, *(asked or ("", "")))
    reader = StoreReader(home)
    first, last = asked or (reader.last_day(), reader.last_day())
    if what == "orders":
        return exports.orders_sheet(reader.orders(first, last))
    make = {"trades": exports.trades_sheet, "positions": exports.positions_sheet, "pnl": exports.pnl_sheet}[what]
    return make(reader.trades(first, last))


def report(home: Path, asked: tuple[str, str] | None) -> str:
    """The day report of each run of the account that traded on that day."""
    from core.errors import UserError
    from core.store.audit.codes import code_of
    from core.store.audit.places import stored_anchor
    from core.store.reads import StoreReader
    from terminal.dayreport import day_report
    from terminal.exports import positions_by_day

    reader = StoreReader(home)
    day = asked[0] if asked else reader.last_day()
    try:
        anchor = stored_anchor(home)
    except ValueError as e:
        raise UserError(str(e)) from e
    code = code_of(anchor.mac, day) if anchor and day else ""
    texts = [day_report(d, run, own, held, code) for d, run, own, held in positions_by_day(reader.trades(day, day))]
    return "\n".join(texts) or f"DAY REPORT  {day or 'no day yet'}  no trades. Audit code: {code or 'none'}\n"


def write(pieces: Iterable[str], out: Path | None) -> None:
    """To stdout as it is (CRLF stays CRLF), or to a new private file. Raises UserError when the file is there."""
    from core.errors import UserError

    if out is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.flush()
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece.encode())
    except OSError as e:
        raise UserError(f"--out {out}: {e.strerror}. Name a new file in a writable folder.") from e

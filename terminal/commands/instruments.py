"""`tezi instruments`: load the broker's instrument master, and search it in a trader's words."""

import json
import sqlite3
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from core.clock import SystemClock, ist_day
from core.domain import Instrument
from core.errors import UserError
from core.market.instruments import Catalogue
from core.market.masterfile import NAME, Loaded, MasterRefused, unpack
from core.market.masterfile import update as take_over
from core.money import show_price
from core.store.instance import InstanceLock
from terminal.options import home_folder

ADDRESS = "https://margincalculator.angelone.in"
"""Where Angel One publishes the master (SmartAPI documentation, Instruments)."""
HOME = click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def instruments() -> None:
    """Load and search the broker's instrument master."""


@instruments.command()
@click.option("--from", "path", type=click.Path(path_type=Path), help="A master file: JSON, plain, gz or xz.")
@HOME
@JSON
def update(path: Path | None, home: Path | None, as_json: bool) -> int:
    """Take a master over; one that is worse than the one held is refused (exit 1) and the one held stays."""
    folder = home_folder(home)
    say = _progress(as_json)
    with InstanceLock(folder):
        try:
            raw, source = (unpack(path), str(path)) if path is not None else (_download(say), ADDRESS)
            loaded = take_over(folder, raw, source, SystemClock().real_ns(), say)
        except MasterRefused as e:
            click.echo(json.dumps({"ok": False, "error": str(e)}) if as_json else str(e), err=not as_json)
            return 1
    click.echo(json.dumps({"ok": True, **_report(loaded)}) if as_json else _sentence(loaded))
    return 0


@instruments.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--on", "day", metavar="DATE", help="The day that decides what has expired; today when left out.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many at most.")
@HOME
@JSON
def search(text: tuple[str, ...], day: str | None, limit: int, home: Path | None, as_json: bool) -> int:
    """Find instruments with the words traders type, best first."""
    on = ist_day(SystemClock().real_ns()) if day is None else _checked_day(day)
    catalogue = open_held(home_folder(home))
    try:
        found = catalogue.search(" ".join(text), limit, on)
    finally:
        catalogue.close()
    if as_json:
        click.echo(json.dumps([_object(i) for i in found], ensure_ascii=False))
    elif found:
        for i in found:
            click.echo(_line(i))
    else:
        click.echo(f"nothing found for {' '.join(text)!r} on {on}.", err=True)
    return 0


def open_held(folder: Path) -> Catalogue:
    """The instruments of a data folder. Raises UserError when there are none that can be read."""
    path = folder / NAME
    if not path.exists():
        raise UserError(f"{path}: no instruments are loaded. Load a master: tezi instruments update --from PATH")
    try:
        return Catalogue.open(path)
    except (sqlite3.Error, KeyError) as e:
        raise UserError(
            f"{path}: cannot be read ({e}). Load a master again: tezi instruments update --from PATH"
        ) from e


def _download(say: Any) -> bytes:
    """The master from where the broker publishes it. Raises MasterRefused."""
    import asyncio

    from core.brokers.transport import Failure, Transport
    from terminal.master import PATH

    async def fetch() -> bytes:
        clock = SystemClock()
        transport = Transport(ADDRESS, clock, body_max=_DOWNLOAD_MAX)
        try:
            answer = await transport.request("GET", PATH, {}, None, deadline_s=300.0)
        finally:
            await transport.aclose()
        if isinstance(answer, Failure) or answer.status != 200:
            why = answer.why if isinstance(answer, Failure) else f"HTTP {answer.status}"
            raise MasterRefused(f"{ADDRESS} gave no master ({why}). Try later, or load a file with --from PATH.")
        return answer.body

    say(f"fetching {ADDRESS}{PATH}")
    return asyncio.run(fetch())


_DOWNLOAD_MAX = 128 * 2**20


def _progress(as_json: bool) -> Any:
    """Progress on a terminal's stderr, one line that is overwritten; silent elsewhere."""
    if as_json or not sys.stderr.isatty():
        return lambda text: None
    return lambda text: click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _checked_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date such as 2025-09-18", param_hint="--on") from None


def _object(i: Instrument) -> dict[str, object]:
    """Strike in rupees (0 when there is none), lot in units, expiry YYYY-MM-DD or empty."""
    return {
        "symbol": i.symbol,
        "token": i.token,
        "exchange": i.exchange.value,
        "expiry": i.expiry,
        "strike": i.strike_e4 // 10_000 if i.strike_e4 % 10_000 == 0 else i.strike_e4 / 10_000,
        "lot": i.lot,
        "name": i.name,
        "kind": i.kind.value,
    }


def _line(i: Instrument) -> str:
    strike = show_price(i.strike_e4) if i.strike_e4 else ""
    return f"{i.symbol:<30} {i.exchange:<5} {i.token:>10} {i.expiry:<10} {strike:>12} lot {i.lot}"


def _report(loaded: Loaded) -> dict[str, object]:
    return {
        "path": str(loaded.path),
        "instruments": loaded.instruments,
        "rows": loaded.rows,
        "bad": loaded.bad,
        "twice": loaded.twice,
        "other_segments": loaded.other_segments,
        "first_expiry": loaded.first_expiry,
    }


def _sentence(loaded: Loaded) -> str:
    return (
        f"{loaded.instruments} instruments of {loaded.rows} rows are in {loaded.path} "
        f"({loaded.other_segments} of segments that Tezi does not know, {loaded.bad} unreadable, {loaded.twice} twice)."
    )

"""`tezi doctor`: every precondition with pass, warn or fail, and what to do about it."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from core.clock import NS_PER_S, SystemClock, ist_day
from core.config import load as load_config
from core.errors import UserError
from core.market.facts import FILES, age_words, load
from core.market.instruments import Catalogue
from core.market.masterfile import NAME
from core.store.audit.places import AUDIT
from core.store.retention import CANDLES, TAPES
from terminal.commands.facts import FOLDER
from terminal.options import config_file, home_folder

FREE_LEAST = 500 * 2**20
MASTER_OLD_S = 24 * 3_600


@dataclass(frozen=True, slots=True)
class Finding:
    """One precondition. `remedy` is empty when it passed."""

    name: str
    result: Literal["pass", "warn", "fail"]
    found: str
    remedy: str = ""


Check = Callable[[Path, int], Iterator[Finding]]


@click.command()
@click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def doctor(config: Path | None, home: Path | None, as_json: bool) -> int:
    """Check every precondition; exit 1 when one fails (a warning is none)."""
    findings = examine(home_folder(home), SystemClock().real_ns(), config)
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False))
    else:
        for f in findings:
            click.echo(f"{f.result.upper():<5} {f.name:<14} {f.found}" + (f"\n{'':20} {f.remedy}" if f.remedy else ""))
    return 1 if any(f.result == "fail" for f in findings) else 0


def examine(home: Path, now_ns: int, config: Path | None = None) -> list[Finding]:
    """Every finding about a data folder at a moment (epoch ns, the computer's)."""
    findings = [_python(), _configuration(config)]
    for check in (_folder, _instruments, _facts):
        findings += check(home, now_ns)
    findings += _kept(home, config)
    return findings


def _python() -> Finding:
    return Finding("python", "pass", ".".join(map(str, sys.version_info[:3])))


def _configuration(given: Path | None) -> Finding:
    try:
        path = config_file(given)
        mode = load_config(path).mode
    except UserError as e:
        return Finding("configuration", "fail", str(e), "tezi config check says what is wrong.")
    return Finding("configuration", "pass", f"{path} ({'mode ' + mode if path.exists() else 'not there: defaults'})")


def _folder(home: Path, now_ns: int) -> Iterator[Finding]:
    there = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(there).free
    found = f"{home}: {free >> 20} MB free"
    if free < FREE_LEAST:
        yield Finding("data folder", "fail", found, "Free some space, or name another folder with --home.")
    else:
        yield Finding("data folder", "pass", found)


def _kept(home: Path, given: Path | None) -> Iterator[Finding]:
    """How much the files take that only grow, and when they go."""
    try:
        keep = load_config(config_file(given)).keep
    except UserError:
        return  # told as the configuration's own finding
    until = {TAPES: _days(keep.tape_days), CANDLES: _days(keep.candle_days), AUDIT: "kept for ever, as evidence"}
    for name, words in until.items():
        sizes = [p.stat().st_size for p in (home / name).glob("*") if p.is_file()]
        yield Finding(name, "pass", f"{len(sizes)} files, {sum(sizes) / 2**20:.1f} MB, {words}")


def _days(days: int) -> str:
    return f"kept {days} days ([keep] in the configuration)" if days else "kept for ever ([keep] in the configuration)"


def _instruments(home: Path, now_ns: int) -> Iterator[Finding]:
    remedy = "tezi instruments update"
    if not (home / NAME).exists():
        yield Finding("instruments", "warn", "no master is loaded (practice brings its own)", remedy)
        return
    try:
        catalogue = Catalogue.open(home / NAME)
    except (sqlite3.Error, KeyError) as e:
        yield Finding("instruments", "fail", f"{home / NAME} cannot be read ({e})", remedy)
        return
    held = catalogue.facts
    age_s = max(0, now_ns - int(held.get("loaded_ns", "0"))) // NS_PER_S
    first = held.get("first_expiry") or "none"
    found = f"{catalogue.count()} instruments, first expiry {first}, loaded {age_s // 3600} h ago"
    catalogue.close()
    expired = bool(held.get("first_expiry")) and held["first_expiry"] < ist_day(now_ns)
    if age_s > MASTER_OLD_S or expired:
        yield Finding("instruments", "warn", found + ": not today's", remedy)
    else:
        yield Finding("instruments", "pass", found)


def _facts(home: Path, now_ns: int) -> Iterator[Finding]:
    try:
        facts = load(home / FOLDER)
    except UserError as e:
        yield Finding("facts", "fail", str(e), "Mend or remove that file.")
        return
    for name in FILES:
        good, words = age_words(name, getattr(facts, name), ist_day(now_ns))
        remedy = "" if good else f"tezi facts update --from {name}.json"
        yield Finding(name, "pass" if good else "warn", f"{words} ({facts.origins[name]})", remedy)

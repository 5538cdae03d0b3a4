"""`tezi facts`: dated trading facts, their age, and taking over a newer file."""

import json
from pathlib import Path

import click

from core.clock import SystemClock, ist_day
from core.errors import UserError
from core.market.facts import FILES, age_words, load, read
from core.store.instance import InstanceLock
from terminal.options import existing, home_folder

FOLDER = "facts"
HOME = click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def facts() -> None:
    """Hours, holidays, freeze quantities, price protection, bans: their age, and newer files."""


@facts.command("list")
@HOME
@JSON
def show(home: Path | None, as_json: bool) -> int:
    """Each file of facts with its date and where it is from; exit 1 when one is too old or missing."""
    known = load(home_folder(home) / FOLDER)
    today = ist_day(SystemClock().real_ns())
    rows = []
    for name in FILES:
        good, words = age_words(name, getattr(known, name), today)
        rows.append({"name": name, "ok": good, "age": words, "from": known.origins[name]})
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            click.echo(f"{row['name']:<12} {'good' if row['ok'] else 'OLD':<5} {row['age']}  ({row['from']})")
    return 0 if all(row["ok"] for row in rows) else 1


@facts.command()
@click.option("--from", "path", type=click.Path(path_type=Path), required=True, help="A file named like calendar.json.")
@HOME
@JSON
def update(path: Path, home: Path | None, as_json: bool) -> int:
    """Check a newer file of facts and put it in place; exit 1 when it is older than what is known."""
    path = existing(path, "--from")
    name = path.stem
    if name not in FILES or path.suffix != ".json":
        raise UserError(f"--from {path.name}: not one of {', '.join(f'{n}.json' for n in FILES)}. Rename the file.")
    raw = path.read_bytes()
    new = read(name, raw, str(path))
    folder = home_folder(home)
    with InstanceLock(folder):
        held = getattr(load(folder / FOLDER), name)
        if new.as_of < held.as_of:
            return _say(
                False, f"{path}: of {new.as_of}, older than what is known ({held.as_of}); nothing changed.", as_json
            )
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
        beside = folder / FOLDER / f"{name}.new"
        beside.write_bytes(raw)
        beside.replace(folder / FOLDER / path.name)
    return _say(True, f"{name}: facts of {new.as_of} are in use from the next start on.", as_json)


def _say(good: bool, text: str, as_json: bool) -> int:
    click.echo(json.dumps({"ok": good, "text": text}) if as_json else text, err=not good and not as_json)
    return 0 if good else 1

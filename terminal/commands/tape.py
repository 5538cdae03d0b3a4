"""`tezi tape list` and `tezi tape verify`."""

import json
from pathlib import Path

import click

from core.clock import IST, ist
from core.errors import UserError
from core.store.tape import SUFFIX, Damaged, TapeFile
from terminal.options import home_folder

FILE = click.Path(path_type=Path)
FOLDER = "tapes"


@click.group()
def tape() -> None:
    """Recorded sessions."""


@tape.command("list")
@click.option("--home", type=FILE, envvar="TEZI_HOME", help="Data folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(home: Path | None, as_json: bool) -> int:
    """The tapes of the data folder, newest first."""
    folder = home_folder(home) / FOLDER
    rows = [row(path) for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True)]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo(f"No tapes in {folder}.")
    else:
        for r in rows:
            click.echo(f"{r['name']}  {r['first']} to {r['last']}  {r['records']:,} records  {r['bytes']:,} bytes")
    return 0


@tape.command()
@click.argument("paths", type=FILE, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def verify(paths: tuple[Path, ...], as_json: bool) -> int:
    """Read every block; exit code 1 when anything is wrong."""
    found = {str(path): opened(path).verify() for path in paths}
    if as_json:
        click.echo(json.dumps([{"path": path, "good": not wrong, "wrong": wrong} for path, wrong in found.items()]))
    else:
        for path, wrong in found.items():
            click.echo(f"{path}: {'; '.join(wrong) or 'good'}")
    return int(any(found.values()))


def opened(path: Path) -> TapeFile:
    """The tape at a path. Raises UserError."""
    try:
        return TapeFile(path)
    except OSError as e:
        raise UserError(f"tape {path}: cannot be read ({e.strerror}). Name a {SUFFIX} file.") from e
    except Damaged as e:
        raise UserError(f"{e}. Name a {SUFFIX} file that tezi recorded.") from e


def row(path: Path) -> dict[str, str | int]:
    """One line of the list; a file that is no tape is listed as having no records."""
    try:
        made = TapeFile(path)
    except (OSError, Damaged):
        return {"name": path.name, "first": "-", "last": "-", "records": 0, "bytes": 0}
    first, last = (made.spans[0].first_us, made.spans[-1].last_us) if made.spans else (0, 0)
    return {
        "name": path.name,
        "first": moment(first * 1_000),
        "last": moment(last * 1_000),
        "records": sum(s.records for s in made.spans),
        "bytes": made.size,
    }


def moment(wall_ns: int) -> str:
    """ISO 8601 in Indian time, to the second."""
    return ist(wall_ns).astimezone(IST).isoformat(timespec="seconds")

"""`tezi backup`: make one, check one, put one back."""

import json
from pathlib import Path

import click

from terminal.commands.home import home_of, home_option, json_option


@click.group()
def backup() -> None:
    """Make, check or restore a backup of the records."""


@backup.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Folder; `backups` in the data folder if left out."
)
@home_option
@json_option
@click.pass_context
def create(ctx: click.Context, folder: Path | None, home: Path | None, as_json: bool) -> int:
    """Save the store and the audit log in one file, and prove it by restoring it aside. A terminal may be running."""
    from core.clock import SystemClock
    from core.store import backup as backups

    made = backups.create(home_of(ctx, home), SystemClock().real_ns(), folder)
    _say(as_json, {"path": str(made), "bytes": made.stat().st_size}, f"{made}: made, restored aside and compared")
    return 0


@backup.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@home_option
@json_option
@click.pass_context
def verify(ctx: click.Context, path: Path | None, home: Path | None, as_json: bool) -> int:
    """Restore a backup (the newest when none is named) aside and compare; exit 1 when it is not good."""
    from core.store import backup as backups

    chosen = _chosen(path, home_of(ctx, home))
    problem = backups.verify(chosen)
    _say(as_json, {"path": str(chosen), "ok": not problem, "problem": problem}, f"{chosen}: {problem or 'good'}")
    return 1 if problem else 0


@backup.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@home_option
@json_option
@click.pass_context
def restore(ctx: click.Context, path: Path | None, home: Path | None, as_json: bool) -> int:
    """Put a backup (the newest when none is named) in the store's place; what is there is kept beside it."""
    from core.clock import SystemClock
    from core.store import backup as backups
    from core.store.instance import InstanceLock

    folder = home_of(ctx, home)
    chosen = _chosen(path, folder)
    with InstanceLock(folder):
        done = backups.restore(chosen, folder, SystemClock().real_ns())
    _say(as_json, {"path": str(chosen), "done": done}, "\n".join(done))
    return 0


def _chosen(path: Path | None, home: Path) -> Path:
    from core.errors import UserError
    from core.store import backup as backups

    if path is not None:
        if not path.is_file():
            raise UserError(f"{path}: there is no such file. List the folder {home / backups.FOLDER}.")
        return path.absolute()
    held = backups.backups(home)
    if not held:
        raise UserError(f"{home / backups.FOLDER}: no backup is there. Name a file, or make one: tezi backup create")
    return held[-1]


def _say(as_json: bool, values: dict[str, object], text: str) -> None:
    click.echo(json.dumps(values) if as_json else text)

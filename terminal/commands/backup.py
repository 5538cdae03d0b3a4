"""`tezi backup`: make one, check one, put one back."""

import json
from pathlib import Path

import click

from terminal.commands.home import home_of, home_option, json_option
from terminal.commands.vaultkeys import backup_key


@click.group()
def backup() -> None:
    """Make, check or restore a backup of the records."""


@backup.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Folder; `backups` in the data folder if left out."
)
@click.option("--encrypt", is_flag=True, help="Encrypt it with a key of the vault.")
@home_option
@json_option
@click.pass_context
def create(ctx: click.Context, folder: Path | None, encrypt: bool, home: Path | None, as_json: bool) -> int:
    """Save the store and the audit log in one file, and prove it by restoring it aside. A terminal may be running.

    An encrypted one is opened by the vault only: keep a copy of the vault too.
    """
    from core.clock import SystemClock
    from core.store import backup as backups

    source = home_of(ctx, home)
    made = backups.create(source, SystemClock().real_ns(), folder, backup_key(source) if encrypt else None)
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

    folder = home_of(ctx, home)
    chosen = _chosen(path, folder)
    problem = backups.verify(chosen, _key(chosen, folder))
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
        done = backups.restore(chosen, folder, SystemClock().real_ns(), _key(chosen, folder))
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


def _key(path: Path, home: Path) -> bytes | None:
    """The vault's key for an encrypted backup, None for a plain one. Raises UserError."""
    from core.store.sealed import is_sealed

    return backup_key(home) if is_sealed(path) else None


def _say(as_json: bool, values: dict[str, object], text: str) -> None:
    click.echo(json.dumps(values) if as_json else text)

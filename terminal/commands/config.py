"""`tezi config`: say whether the configuration file is right."""

import json
from pathlib import Path

import click

from core.config import load
from core.errors import UserError
from terminal.options import config_file


@click.group()
def config() -> None:
    """Check the configuration file."""


@config.command()
@click.option("--config", "path", type=click.Path(path_type=Path), help="Configuration file (TOML).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder, for its instruments.")
@click.pass_obj
def check(given: Path | None, path: Path | None, as_json: bool, home: Path | None) -> int:
    """Check every key, type, range and watchlist symbol; exit 1 when something is wrong."""
    found = config_file(path or given)
    mode, error = "", ""
    try:
        read = load(found)
        mode = str(read.mode)
        if read.screen.watchlist:
            from terminal.watched_symbols import complaint  # numpy, sqlite3: only when there are symbols

            wrong = complaint(read.screen.watchlist, home)
            error = wrong and f"{found}: {wrong}"
    except UserError as e:
        error = str(e)
    if as_json:
        answer = {"path": str(found), "exists": found.exists(), "ok": not error, "mode": mode, "error": error}
        click.echo(json.dumps(answer))
    elif error:
        click.echo(error, err=True)
    elif found.exists():
        click.echo(f"{found}: good (mode {mode})")
    else:
        click.echo(f"{found}: not there, so the defaults hold (mode {mode}). config.example.toml lists every key.")
    return 1 if error else 0

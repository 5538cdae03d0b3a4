"""`tezi secrets`: credentials into the vault. Values come from a prompt or from stdin, never from the command line."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import UserError
from core.secret import Secret

if TYPE_CHECKING:
    from core.vault.opened import Opened
    from core.vault.vault import Vault

LINE_MAX = 4_096
HOME = click.option("--home", type=click.Path(path_type=Path), envvar="TEZI_HOME", help="Data folder.")
OLDER = click.option("--accept-older", is_flag=True, help="Go on with an older vault that was put back.")


@click.group()
def secrets() -> None:
    """Keep credentials in the vault. Without a terminal, lines of stdin are taken: the password, then the value."""


@secrets.command("set")
@click.argument("name")
@click.option("--both-factors", is_flag=True, help="Keep the TOTP seed beside the PIN: one file is then one factor.")
@click.option("--remember", is_flag=True, help="Let this computer's keyring open the vault too.")
@OLDER
@HOME
def set_(name: str, both_factors: bool, remember: bool, accept_older: bool, home: Path | None) -> int:
    """Keep NAME: client_code, api_key, pin or totp_seed. The first one makes the vault."""
    from core.vault import names

    if name not in names.STORABLE:
        names.check(name, Secret(""))
    if name == names.SECOND_FACTOR and not both_factors:
        raise UserError(f"{name} is kept only by choice: add --both-factors. {names.WARNING}")
    with _opened(home, accept_older, makes=True, wants_keyring=remember) as vault:
        vault.put({name: _ask(names.STORABLE[name])}, second_factor_too=both_factors)
        if remember:
            vault.remember()
    click.echo(f"{name} is in the vault.", err=True)
    return 0


@secrets.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@HOME
def list_(as_json: bool, home: Path | None) -> int:
    """Name what is in the vault; values are never shown."""
    with _opened(home, accept_older=True, writes=False) as vault:
        if vault.rolled_back:
            click.echo(f"tezi: {vault.rolled_back}.", err=True)
        names = vault.names()
    click.echo(json.dumps(names) if as_json else "\n".join(names) or "The vault is empty.")
    return 0


@secrets.command()
@click.argument("name")
@OLDER
@HOME
def delete(name: str, accept_older: bool, home: Path | None) -> int:
    """Take NAME out; exit 1 when it is not there."""
    with _opened(home, accept_older) as vault:
        was_there = vault.remove(name)
    click.echo(f"{name} is gone." if was_there else f"{name} is not in the vault.", err=True)
    return 0 if was_there else 1


@secrets.command()
@OLDER
@HOME
def password(accept_older: bool, home: Path | None) -> int:
    """Change the vault's password. Without a terminal: the old one, then the new one."""
    with _opened(home, accept_older, by_password=True) as vault:
        vault.change_password(_ask("New password of the vault", twice=True))
    click.echo("The vault has a new password.", err=True)
    return 0


@contextmanager
def _opened(
    home: Path | None,
    accept_older: bool,
    *,
    makes: bool = False,
    writes: bool = True,
    wants_keyring: bool = False,
    by_password: bool = False,
) -> Iterator["Opened"]:
    """The vault of a home, open for the block; a writing block holds the instance lock."""
    from contextlib import nullcontext

    from core.store.instance import InstanceLock
    from terminal.options import home_folder

    root = click.get_current_context().find_root()
    folder = home_folder(home or root.params.get("home"))
    with InstanceLock(folder) if writes else nullcontext():
        vault = _vault(folder, wants_keyring)
        opened = _made(vault) if makes and not vault.exists else open_vault(vault, by_password)
        try:
            if writes and accept_older:
                opened.accept_rollback()
            yield opened
        finally:
            opened.close()


def _vault(folder: Path, wants_keyring: bool) -> "Vault":
    from terminal.vaults import vault_of

    return vault_of(folder, wants_keyring=wants_keyring, tell=lambda why: click.echo(f"tezi: {why}", err=True))


def _made(vault: "Vault") -> "Opened":
    click.echo("There is no vault yet; this makes one. Its password cannot be recovered.", err=True)
    return vault.create(_ask("New password of the vault", twice=True))


def open_vault(vault: "Vault", by_password: bool = False) -> "Opened":
    """By the keyring when it is remembered there, else by the password from a prompt or stdin. Raises UserError."""
    from core.vault.errors import KeyringFailed

    if vault.is_remembered() and not by_password:  # asked first: it also says that there is no vault
        try:
            return vault.open_remembered()
        except KeyringFailed as e:
            click.echo(f"tezi: {e}", err=True)
    return vault.open(_ask("Password of the vault"))


def _ask(what: str, *, twice: bool = False) -> Secret:
    """From a hidden prompt; when stdin is no terminal, its next line. Raises UserError when there is none."""
    if sys.stdin.isatty():
        return Secret(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))
    line = sys.stdin.readline(LINE_MAX)
    if not line.endswith("\n") and (not line or len(line) >= LINE_MAX):
        raise UserError(f"{what}: no line of at most {LINE_MAX} characters came on stdin. Type it in a terminal.")
    return Secret(line.rstrip("\r\n"))

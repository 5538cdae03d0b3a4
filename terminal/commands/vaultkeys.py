"""Keys out of the vault for commands that check or restore what is sealed: by the keyring, else by the password."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.store.audit.places import KeyPlace
    from core.vault.opened import Opened


def audit_keys(home: Path) -> "KeyPlace":
    """Where the key of a home's audit log is; asks for the vault's password when it is sealed. Raises UserError."""
    from core.store.audit.places import KeyFile
    from core.store.audit.sealedkey import SealedKeyFile, is_sealed
    from terminal.vaults import AUDIT

    if not is_sealed(home):
        return KeyFile(home)
    with opened(home, "The audit log is sealed.") as vault:
        return SealedKeyFile(home, vault.key_for(AUDIT))


def backup_key(home: Path) -> bytes:
    """The key of encrypted backups. Raises UserError, also when there is no vault."""
    from terminal.vaults import BACKUP

    with opened(home, "Encrypted backups are opened by the vault.") as vault:
        return vault.key_for(BACKUP)


@contextmanager
def opened(home: Path, why: str) -> "Iterator[Opened]":
    """The vault for the block. Raises UserError."""
    from terminal.commands.secrets import open_vault
    from terminal.vaults import vault_of

    vault = vault_of(home, tell=lambda text: click.echo(f"tezi: {text}", err=True))
    click.echo(f"tezi: {why}", err=True)
    found = open_vault(vault)
    try:
        if found.rolled_back:
            click.echo(f"tezi: {found.rolled_back}.", err=True)
        yield found
    finally:
        found.close()

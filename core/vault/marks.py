"""The last counter of a vault, kept outside it: an older file put back is noticed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from core.vault.errors import KeyringFailed, VaultError
from core.vault.files import read_private, replace_private
from core.vault.keyring_port import Keyring

MARK_MAX = 256


class Mark(msgspec.Struct, frozen=True, order=True):
    """Counter and time (real, epoch ms) of a write."""

    ctr: int
    ms: int


class Marks(Protocol):
    """A place for marks. Neither call raises: what cannot be kept is a weaker notice, not a closed vault."""

    def last(self, vault_id: str) -> Mark | None: ...
    def keep(self, vault_id: str, mark: Mark) -> None: ...


class FileMarks:
    """A small file for each vault, in a folder that is not the vault's: whoever puts an old home back leaves it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last(self, vault_id: str) -> Mark | None:
        try:
            return _read(read_private(self._path(vault_id), MARK_MAX))
        except VaultError:
            return None

    def keep(self, vault_id: str, mark: Mark) -> None:
        try:
            replace_private(self._path(vault_id), msgspec.json.encode(mark), keep_previous=False)
        except VaultError:
            return

    def _path(self, vault_id: str) -> Path:
        return self._folder / f"vault-{vault_id}.mark"


class KeyringMarks:
    """The same in the system's keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def last(self, vault_id: str) -> Mark | None:
        try:
            text = self._keyring.get(f"{vault_id}.mark")
        except KeyringFailed:
            return None
        return _read(text.encode() if text else None)

    def keep(self, vault_id: str, mark: Mark) -> None:
        try:
            self._keyring.set(f"{vault_id}.mark", msgspec.json.encode(mark).decode())
        except KeyringFailed:
            return


def highest(places: Sequence[Marks], vault_id: str) -> Mark | None:
    """The newest mark that any place knows."""
    return max((m for m in (place.last(vault_id) for place in places) if m is not None), default=None)


def _read(data: bytes | None) -> Mark | None:
    if not data or len(data) > MARK_MAX:
        return None
    try:
        return msgspec.json.decode(data, type=Mark)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None

"""An open vault: read from memory, written whole at each change."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.clock import NS_PER_MS, Clock, ist
from core.secret import Secret
from core.vault import crypto, names
from core.vault.contents import Contents
from core.vault.crypto import RandomBytes
from core.vault.envelope import DIGEST, FILE_MAX, KEY, NONCE, Header, Kdf, pack, whole
from core.vault.errors import KeyringFailed, RolledBack, VaultChanged, VaultError
from core.vault.files import Disk, read_private, replace_private
from core.vault.keyring_port import Keyring
from core.vault.marks import Mark, Marks


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vault is and what it is written with."""

    path: Path
    clock: Clock
    keyring: Keyring | None
    marks: tuple[Marks, ...]
    random: RandomBytes
    disk: Disk


class Opened:
    """Made by `Vault`. Every change raises VaultChanged, VaultUnwritable or RolledBack and then changed nothing."""

    def __init__(
        self, place: Place, header: Header, digest: bytes, dek: bytearray, contents: Contents, newer: Mark | None
    ) -> None:
        self._place = place
        self._header = header
        self._digest = digest
        self._dek = dek
        self._contents: Contents | None = contents
        self._newer = newer

    def __repr__(self) -> str:
        return f"Opened(id={self._header.id[:8]}, ctr={self._header.ctr})"

    @property
    def id(self) -> str:
        """32 hexadecimal digits; stays for the life of the vault."""
        return self._header.id

    @property
    def rolled_back(self) -> str:
        """What to show when an older file was put back, with both times; empty when all is well."""
        if self._newer is None:
            return ""
        here, known = _when(self._header.ms), _when(self._newer.ms)
        return f"this vault was written {here}, but one of {known} was seen here before"

    def accept_rollback(self) -> None:
        """The person said that the older file is right: go on from it, above the counter that was seen."""
        if self._newer is not None:
            self._header = msgspec.structs.replace(self._header, ctr=self._newer.ctr)
            self._newer = None

    @property
    def is_remembered(self) -> bool:
        """Whether a key in this computer's keyring opens it too."""
        return self._header.wrap("kr") is not None

    def names(self) -> tuple[str, ...]:
        return tuple(self._inside().items)

    def get(self, name: str) -> Secret | None:
        return self._inside().items.get(name)

    def key_for(self, purpose: str) -> bytes:
        """32 bytes for one use ("audit", "backup"); the same for the life of the vault, whatever its password."""
        return crypto.derived(self._inside().root, purpose)

    def put(self, items: Mapping[str, Secret], *, second_factor_too: bool = False) -> None:
        """Keep these. Raises UserError for a name or value that cannot be kept, and for the TOTP seed unless the person
        chose to keep both factors in one place."""
        for name, value in items.items():
            names.check(name, value)
        if names.SECOND_FACTOR in items and not second_factor_too:
            raise VaultError(f"{names.SECOND_FACTOR} is kept only by choice. {names.WARNING}")
        self._write(self._inside().with_items(dict(items)), self._header, self._dek)

    def remove(self, name: str) -> bool:
        """Whether there was one; it is then gone from the file and from its previous copy."""
        inside = self._inside()
        if name not in inside.items:
            return False
        self._write(inside.with_items({name: None}), self._header, self._dek, keep_previous=False)
        return True

    def remember(self) -> None:
        """Let this computer's keyring open it too. Raises KeyringFailed; the password always works."""
        if self._place.keyring is None:
            raise KeyringFailed("there is none on this machine that keeps a key safe")
        self._write(self._inside(), self._with_keyring(self._header, self._dek), self._dek)

    def forget(self) -> None:
        """From now on only the password opens it."""
        if self._place.keyring is not None:
            self._place.keyring.delete(self.id)
        wraps = tuple(w for w in self._header.wraps if w.k != "kr")
        self._write(self._inside(), msgspec.structs.replace(self._header, wraps=wraps), self._dek, keep_previous=False)

    def change_password(self, password: Secret, kdf: Kdf | None = None) -> None:
        """A new password and a new key of the contents; the copy that the old one opens is removed."""
        names.check_password(password)
        place, salt = self._place, self._place.random(16)
        old = self._header.kdf
        fresh = kdf if kdf is not None else Kdf(old.n, old.r, old.p, salt)
        kek, dek = crypto.key_of(password, fresh), bytearray(place.random(KEY))
        wraps = (crypto.wrap("pw", kek, dek, self.id, fresh, place.random),)
        crypto.wipe(kek)
        header = msgspec.structs.replace(self._header, kdf=fresh, wraps=wraps)
        if self.is_remembered and place.keyring is not None:
            header = self._with_keyring(header, dek)
        self._write(self._inside(), header, dek, keep_previous=False)

    def close(self) -> None:
        """Forget the key and the contents; the object is of no use afterwards."""
        crypto.wipe(self._dek)
        self._contents = None

    def write_first(self) -> None:
        """For `Vault.create` only."""
        self._write(self._inside(), self._header, self._dek)

    def _with_keyring(self, header: Header, dek: bytearray) -> Header:
        place = self._place
        assert place.keyring is not None
        key = bytearray(place.random(KEY))
        place.keyring.set(self.id, key.hex())
        wrapped = crypto.wrap("kr", key, dek, self.id, header.kdf, place.random)
        crypto.wipe(key)
        return msgspec.structs.replace(header, wraps=(*(w for w in header.wraps if w.k != "kr"), wrapped))

    def _write(self, contents: Contents, header: Header, dek: bytearray, *, keep_previous: bool = True) -> None:
        place = self._place
        if self._newer is not None:
            raise RolledBack(place.path, self.rolled_back)
        if self._on_disk() != self._digest:
            raise VaultChanged(place.path)
        header = msgspec.structs.replace(header, ctr=header.ctr + 1, ms=place.clock.real_ns() // NS_PER_MS)
        line, nonce = msgspec.json.encode(header), place.random(NONCE)
        sealed = pack(header, line, nonce + crypto.seal(dek, nonce, contents.pack(), line))
        replace_private(place.path, whole(sealed), keep_previous=keep_previous, disk=place.disk)
        if dek is not self._dek:
            crypto.wipe(self._dek)
        self._header, self._digest, self._dek, self._contents = header, sealed.digest, dek, contents
        for marks in place.marks:
            marks.keep(header.id, Mark(header.ctr, header.ms))

    def _on_disk(self) -> bytes:
        """The checksum of the file as it is now; empty without one."""
        return (read_private(self._place.path, FILE_MAX) or b"")[-DIGEST:]

    def _inside(self) -> Contents:
        if self._contents is None:
            raise VaultError(f"{self._place.path}: the vault is closed. Open it again with its password.")
        return self._contents


def _when(ms: int) -> str:
    return ist(ms * NS_PER_MS).strftime("%Y-%m-%d %H:%M:%S")

"""The vault: made and opened here. Everything blocks for a third of a second or more: call it in a thread."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.clock import NS_PER_MS, Clock
from core.secret import Secret
from core.vault import crypto, names
from core.vault.contents import Contents
from core.vault.crypto import RandomBytes
from core.vault.envelope import FILE_MAX, KEY, NONCE, Header, Kdf, Sealed, take_apart
from core.vault.errors import DamagedVault, KeyringFailed, NoVault, VaultError, WrongPassword
from core.vault.files import Disk, read_private
from core.vault.keyring_port import Keyring
from core.vault.marks import Marks, highest
from core.vault.opened import Opened, Place

FILE: Final = "vault.tezi"


class Vault:
    """One vault file. `keyring` None is password mode; `marks` are where its counter is kept outside.

    `kdf` None measures this machine when the vault is made; opening always obeys the file.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        keyring: Keyring | None = None,
        marks: Sequence[Marks] = (),
        kdf: Kdf | None = None,
        random: RandomBytes = secrets.token_bytes,
        disk: Disk | None = None,
    ) -> None:
        self._place = Place(path, clock, keyring, tuple(marks), random, disk or Disk())
        self._kdf = kdf

    @property
    def exists(self) -> bool:
        """Whether there is a file; says nothing of its state."""
        return self._place.path.is_symlink() or self._place.path.exists()

    def parameters(self) -> Kdf:
        """What the file's header asks of a password. Raises like `open`."""
        return self._read().header.kdf

    def is_remembered(self) -> bool:
        """Whether a key in a keyring may open it. Raises like `open`."""
        return self._read().header.wrap("kr") is not None

    def create(self, password: Secret) -> Opened:
        """A new, empty vault, written. Raises VaultError for a short password or when there is one already."""
        place = self._place
        if self.exists:
            raise VaultError(f"{place.path}: there is a vault already. Open it, or move it away first.")
        names.check_password(password)
        salt = place.random(16)
        kdf = self._kdf if self._kdf is not None else crypto.tuned(salt)
        vault_id, dek = place.random(16).hex(), bytearray(place.random(KEY))
        kek = crypto.key_of(password, kdf)
        wraps = (crypto.wrap("pw", kek, dek, vault_id, kdf, place.random),)
        crypto.wipe(kek)
        header = Header(v=1, id=vault_id, kdf=kdf, wraps=wraps, ctr=0, ms=place.clock.real_ns() // NS_PER_MS)
        opened = Opened(place, header, b"", dek, Contents(place.random(KEY), {}), None)
        opened.write_first()
        return opened

    def open(self, password: Secret) -> Opened:
        """Raises NoVault, ExposedVault, DamagedVault, NewerVault, WrongPassword."""
        sealed = self._read()
        kek = crypto.key_of(password, sealed.header.kdf)
        opened = self._open("pw", kek, sealed)
        crypto.wipe(kek)
        if opened is None:
            raise WrongPassword(self._place.path)
        return opened

    def open_remembered(self) -> Opened:
        """With the key in the keyring. Raises KeyringFailed (ask for the password then), and what `open` raises."""
        sealed = self._read()
        if self._place.keyring is None or sealed.header.wrap("kr") is None:
            raise KeyringFailed("this vault is not remembered on this computer")
        found = self._place.keyring.get(sealed.header.id)
        if found is None or len(found) != 2 * KEY or not set(found) <= set("0123456789abcdef"):
            raise KeyringFailed("the key of this vault is not in it")
        opened = self._open("kr", bytearray.fromhex(found), sealed)
        if opened is None:
            raise KeyringFailed("the key in it does not open this vault")
        return opened

    def _open(self, kind: str, kek: bytearray, sealed: Sealed) -> Opened | None:
        """None when the key does not fit; DamagedVault when it does and the contents are not those it sealed."""
        header, path = sealed.header, self._place.path
        wrapped = header.wrap(kind)
        dek = None if wrapped is None else crypto.unwrap(wrapped, kek, header)
        if dek is None:
            return None
        plain = crypto.unseal(dek, sealed.body[:NONCE], sealed.body[NONCE:], sealed.line)
        contents = None if plain is None else Contents.unpack(plain)
        if contents is None:
            raise DamagedVault(path, "its contents were altered")
        known = highest(self._place.marks, header.id)
        newer = known if known is not None and known.ctr > header.ctr else None
        return Opened(self._place, header, sealed.digest, dek, contents, newer)

    def _read(self) -> Sealed:
        data = read_private(self._place.path, FILE_MAX)
        if data is None:
            raise NoVault(self._place.path)
        return take_apart(data, self._place.path)

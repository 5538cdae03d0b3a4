"""The root key of the audit log under another key: in a file that is of no use without the vault."""

import secrets
from pathlib import Path

from core.store.audit.places import KEYS, KeyFile, write_whole

_ABOUT = b"tezi|audit root"
_NONCE = 12
FILE = "audit.key.sealed"


def is_sealed(home: Path) -> bool:
    """Whether the log of this home can only be checked with the vault."""
    return (home / KEYS / FILE).exists()


class SealedKeyFile:
    """Implements `core.store.audit.places.KeyPlace` with `<home>/keys/audit.key.sealed` (AES-256-GCM under `key`).

    A key that lies in the open from a time without a vault is taken under the seal, and its file removed. Whoever
    copied that file before can still re-make the log: only a new log has a key that was never in the open.
    """

    in_vault = True

    def __init__(self, home: Path, key: bytes) -> None:
        self._path = home / KEYS / FILE
        self._open = KeyFile(home)
        self._open_path = home / KEYS / "audit.key"
        self._key = key

    def load(self) -> bytes | None:
        """Read only. None also for a file that this key does not open."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            sealed = self._path.read_bytes()
        except FileNotFoundError:
            return self._open.load()
        try:
            root = AESGCM(self._key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _ABOUT)
        except (InvalidTag, ValueError):  # ValueError: shorter than nonce or tag can be
            return None
        return root if len(root) == 32 else None

    def make(self) -> bytes:
        root = secrets.token_bytes(32)
        self._seal(root)
        return root

    def adopt(self) -> bool:
        """Take a key that lies in the open under the seal; whether there was one. Raises OSError."""
        root = None if self._path.exists() else self._open.load()
        if root is None:
            return False
        self._seal(root)
        self._open_path.unlink()
        return True

    def _seal(self, root: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE)
        write_whole(self._path, nonce + AESGCM(self._key).encrypt(nonce, root, _ABOUT))

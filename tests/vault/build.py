"""Vaults for tests: cheap parameters, a clock that stands, keyrings that behave or not."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from core.clock import ManualClock
from core.secret import Secret
from core.vault.crypto import RandomBytes
from core.vault.envelope import Kdf
from core.vault.files import Disk
from core.vault.keyring_port import Keyring
from core.vault.marks import Marks
from core.vault.vault import FILE, Vault

PASSWORD = Secret("correct horse battery")
CHEAP = Kdf(1 << 10, 8, 1, b"0123456789abcdef")
PIN, SEED, KEY, CODE = "4711", "JBSWY3DPEHPK3PXP", "aPiKeY99", "A123456"
ITEMS = {"client_code": Secret(CODE), "pin": Secret(PIN), "api_key": Secret(KEY)}


class MemoryBackend:
    """A keyring that keeps what it is given."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


def keyring(backend: object | None = None, limit_s: float = 3.0) -> Keyring:
    """The keyring of a test: its backend's class is allowed by name."""
    made = MemoryBackend() if backend is None else backend
    name = f"{type(made).__module__}.{type(made).__qualname__}"
    return Keyring(made, allowed=[name], limit_s=limit_s)  # type: ignore[arg-type]


def counted() -> RandomBytes:
    """Bytes that look random and are the same in every run."""
    import hashlib

    numbers = itertools.count()
    return lambda length: hashlib.shake_128(str(next(numbers)).encode()).digest(length)


def vault(
    folder: Path,
    *,
    keyring: Keyring | None = None,
    marks: Sequence[Marks] = (),
    random: RandomBytes | None = None,
    disk: Disk | None = None,
    clock: ManualClock | None = None,
) -> Vault:
    return Vault(
        folder / FILE,
        clock or ManualClock(),
        keyring=keyring,
        marks=marks,
        kdf=CHEAP,
        random=random or counted(),
        disk=disk,
    )

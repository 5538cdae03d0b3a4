"""The vault of a data folder, as commands and terminal use it: found, made, opened. Everything here blocks."""

from collections.abc import Callable, Mapping
from pathlib import Path

from core.clock import Clock, SystemClock
from core.secret import Secret
from core.vault import names
from core.vault.errors import KeyringFailed, VaultError, WrongPassword
from core.vault.keyring_port import Keyring, find
from core.vault.marks import FileMarks, KeyringMarks
from core.vault.opened import Opened
from core.vault.vault import FILE, Vault

NEEDED = ("client_code", "pin", "api_key")
"""What a login cannot do without; the TOTP seed may be typed as six digits each time."""
AUDIT, BACKUP = "audit", "backup"
"""The uses that keys are derived for."""


def vault_of(home: Path, *, wants_keyring: bool = False, tell: Callable[[str], None] = lambda text: None) -> Vault:
    """The vault file of a home, with the keyring when the vault is remembered there or `wants_keyring`.

    `tell` is given the reason when a keyring was wanted and none can be used.
    """
    from platformdirs import user_state_path

    path, clock = home / FILE, SystemClock()
    files = FileMarks(user_state_path("tezi", appauthor=False))
    plain = Vault(path, clock, marks=(files,))
    keyring = _keyring(tell) if wants_keyring or (plain.exists and plain.is_remembered()) else None
    if keyring is None:
        return plain
    return Vault(path, clock, keyring=keyring, marks=(files, KeyringMarks(keyring)))


def _keyring(tell: Callable[[str], None]) -> Keyring | None:
    try:
        return find()
    except KeyringFailed as e:
        tell(str(e))
        return None


class VaultPasswords:
    """Implements `core.engine.lockout.Passwords` on the vault of a home."""

    def __init__(self, home: Path) -> None:
        self._vault = vault_of(home)

    def fits(self, password: Secret) -> bool:
        """Also True for a vault that was put back: the password is right. Raises VaultError."""
        try:
            self._vault.open(password).close()
        except WrongPassword:
            return False
        return True


class Entry:
    """The way into a vault before there is an engine: what the first-run and the unlock screen ask and do."""

    def __init__(self, home: Path, clock: Clock, vault: Callable[[bool], Vault] | None = None) -> None:
        """`vault(wants_keyring)` makes the vault object; tests give their own."""
        self._make = vault or (lambda wants: vault_of(home, wants_keyring=wants, tell=self._told))
        self.clock = clock
        self.keyring_why = ""
        self.opened: Opened | None = None

    @property
    def exists(self) -> bool:
        return self._make(False).exists

    def missing(self) -> tuple[str, ...]:
        """What a login needs and the open vault does not hold."""
        held = self.opened.names() if self.opened is not None else ()
        return tuple(name for name in NEEDED if name not in held)

    def has_keyring(self) -> bool:
        """Whether this machine has a keyring that keeps a key safe; else `keyring_why` tells. Up to 3 s."""
        self._make(True)
        return not self.keyring_why

    def open_remembered(self) -> bool:
        """Open by the keyring; False when it cannot be and the password is needed. Raises VaultError."""
        vault = self._make(False)
        if not vault.exists or not vault.is_remembered():
            return False
        try:
            self.opened = _newest(vault.open_remembered())
        except KeyringFailed as e:
            self.keyring_why = str(e)
            return False
        return True

    def open(self, password: Secret) -> None:
        """Raises VaultError."""
        self.opened = _newest(self._make(False).open(password))

    def save(self, password: Secret, items: Mapping[str, Secret], *, both_factors: bool, remember: bool) -> None:
        """Make the vault, or open it when it is there, and keep these. Raises UserError; then nothing was kept."""
        for name, value in items.items():
            names.check(name, value)
        vault = self._make(remember)
        opened = self.opened or (_newest(vault.open(password)) if vault.exists else vault.create(password))
        opened.put(items, second_factor_too=both_factors)
        if remember:
            opened.remember()
        self.opened = opened

    def _told(self, why: str) -> None:
        self.keyring_why = why


def _newest(opened: Opened) -> Opened:
    """The vault itself. Raises VaultError for one that was put back: a person must say that this is right."""
    if opened.rolled_back:
        words = opened.rolled_back
        opened.close()
        raise VaultError(f"{words}. Put the newer one back, or accept this one: tezi secrets password --accept-older")
    return opened

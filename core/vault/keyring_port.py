"""The system's keyring, as far as it can be trusted: named classes only, every write read back, every call bounded.

The keyring holds a random key, never a credential. `PYTHON_KEYRING_BACKEND`, `KEYRING_PROPERTY_*` and
`keyringrc.cfg` are not obeyed: each can bring in any class or move the place (keyring 25, core.py and backend.py).
"""

import hmac
import importlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from core.vault.errors import KeyringFailed

SERVICE: Final = "tezi"
LIMIT_S: Final = 3.0
ALLOWED: Final = (
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
)
T = TypeVar("T")


class Backend(Protocol):
    """What `keyring` calls a backend, and what tests inject."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class Keyring:
    """One backend of an allowed class. Raises KeyringFailed for whatever it does, hanging included."""

    def __init__(self, backend: Backend, *, allowed: Sequence[str] = ALLOWED, limit_s: float = LIMIT_S) -> None:
        name = f"{type(backend).__module__}.{type(backend).__qualname__}"
        if name not in allowed:
            raise KeyringFailed(f"{name} is none of the backends that keep a key safe")
        self._backend = backend
        self._limit_s = limit_s
        self._hangs = False

    def get(self, user: str) -> str | None:
        return self._call(lambda: self._backend.get_password(SERVICE, user))

    def set(self, user: str, value: str) -> None:
        """Write, read back, compare."""
        self._call(lambda: self._backend.set_password(SERVICE, user, value))
        found = self.get(user)
        if found is None or not hmac.compare_digest(found.encode(), value.encode()):
            raise KeyringFailed("what was written could not be read back")

    def delete(self, user: str) -> None:
        """Afterwards there is none; it is no failure when there was none."""
        if self.get(user) is not None:
            self._call(lambda: self._backend.delete_password(SERVICE, user))

    def _call(self, call: Callable[[], T]) -> T:
        if self._hangs:
            raise KeyringFailed("it did not answer before")
        try:
            return bounded(call, self._limit_s)
        except TimeoutError as e:
            self._hangs = True
            raise KeyringFailed(f"no answer within {self._limit_s:g} s") from e
        except Exception as e:
            raise KeyringFailed(f"it refused ({type(e).__name__})") from e


def find(allowed: Sequence[str] = ALLOWED, limit_s: float = LIMIT_S) -> Keyring:
    """The first allowed keyring that works here. Raises KeyringFailed, with the reason, on a machine that has none."""
    why = "there is none"
    for name in allowed:
        try:
            backend = bounded(lambda name=name: _made(name), limit_s)  # type: ignore[misc]
        except TimeoutError:
            why = f"{name} does not answer"
        except Exception as e:  # noqa: BLE001  border: as above; a backend that cannot be used is passed over
            why = f"{name}: {type(e).__name__}" if not isinstance(e, ImportError) else why
        else:
            return Keyring(backend, allowed=allowed, limit_s=limit_s)
    raise KeyringFailed(f"none can be used on this machine ({why})")


def bounded(call: Callable[[], T], limit_s: float) -> T:
    """The call's result or exception; TimeoutError when it takes longer. Its thread is then left behind, once."""
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except BaseException as e:  # noqa: BLE001  border: passed on to the caller, whatever it is
            answers.put((None, e))

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        value, error = answers.get(timeout=limit_s)
    except queue.Empty as e:
        raise TimeoutError from e
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


def _made(name: str) -> Backend:
    module, _, attribute = name.rpartition(".")
    kind = getattr(importlib.import_module(module), attribute)
    _ = kind.priority  # raises when it cannot work here
    backend: Backend = kind()
    vars(backend).clear()  # what KEYRING_PROPERTY_* variables put there
    return backend

"""The keyring: a convenience that is believed only when it proves itself, and never the only way in."""

import sys
import threading
import time
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from core.secret import Secret
from core.vault import keyring_port
from core.vault.errors import KeyringFailed
from core.vault.keyring_port import ALLOWED, Keyring, find
from core.vault.marks import KeyringMarks, Mark
from core.vault.vault import FILE
from tests.vault.build import ITEMS, PASSWORD, MemoryBackend, keyring, vault


class Locked(MemoryBackend):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("collection is locked")


class Forgetful(MemoryBackend):
    """What `keyring.backends.null` does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Liar(MemoryBackend):
    def get_password(self, service: str, username: str) -> str | None:
        return "another value"


class Hanging(MemoryBackend):
    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.calls = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        self.calls += 1
        self.go.wait(30)


def test_it_opens_the_vault_and_holds_no_credential(tmp_path: Path) -> None:
    backend = MemoryBackend()
    ring = keyring(backend)
    opened = vault(tmp_path, keyring=ring).create(PASSWORD)
    opened.put(ITEMS)
    opened.remember()

    again = vault(tmp_path, keyring=ring).open_remembered()
    assert again.is_remembered
    assert again.names() == tuple(sorted(ITEMS))
    assert list(backend.held) == [("tezi", opened.id)]
    assert not any(v.reveal() in str(backend.held) for v in (*ITEMS.values(), PASSWORD))
    assert vault(tmp_path).open(PASSWORD).names() == tuple(sorted(ITEMS))


def test_forgetting_leaves_the_password_only(tmp_path: Path) -> None:
    backend = MemoryBackend()
    ring = keyring(backend)
    opened = vault(tmp_path, keyring=ring).create(PASSWORD)
    opened.remember()
    kept = dict(backend.held)
    opened.forget()

    assert backend.held == {}
    backend.held.update(kept)
    with pytest.raises(KeyringFailed, match="not remembered"):
        vault(tmp_path, keyring=ring).open_remembered()
    assert [f.name for f in tmp_path.iterdir()] == [FILE]
    vault(tmp_path).open(PASSWORD)


def test_a_new_password_keeps_it_remembered_under_a_new_key(tmp_path: Path) -> None:
    backend = MemoryBackend()
    ring = keyring(backend)
    opened = vault(tmp_path, keyring=ring).create(PASSWORD)
    opened.remember()
    before = dict(backend.held)
    opened.change_password(Secret("another long password"))

    assert backend.held.keys() == before.keys()
    assert backend.held != before
    assert vault(tmp_path, keyring=ring).open_remembered().is_remembered


@pytest.mark.parametrize(
    ("backend", "why"),
    [(Locked(), "it refused"), (Forgetful(), "could not be read back"), (Liar(), "could not be read back")],
)
def test_F52_a_keyring_that_does_not_prove_itself_is_not_used(tmp_path: Path, backend: MemoryBackend, why: str) -> None:
    opened = vault(tmp_path, keyring=keyring(backend)).create(PASSWORD)
    with pytest.raises(KeyringFailed, match=why):
        opened.remember()

    assert not vault(tmp_path).open(PASSWORD).is_remembered


def test_F52_one_that_hangs_costs_its_limit_once(tmp_path: Path) -> None:
    backend = Hanging()
    ring = keyring(backend, limit_s=0.05)
    started = time.monotonic()
    for _ in range(50):
        with pytest.raises(KeyringFailed, match=r"no answer within 0.05 s|did not answer before"):
            ring.set("user", "value")
    backend.go.set()

    assert backend.calls == 1
    assert time.monotonic() - started < 2.0


@pytest.mark.parametrize("held", [None, "", "zz" * 32, "00" * 32, "00" * 31, "00" * 4_000])
def test_a_foreign_key_opens_nothing(tmp_path: Path, held: str | None) -> None:
    backend = MemoryBackend()
    ring = keyring(backend)
    opened = vault(tmp_path, keyring=ring).create(PASSWORD)
    opened.remember()
    backend.held.clear()
    if held is not None:
        backend.held["tezi", opened.id] = held

    with pytest.raises(KeyringFailed):
        vault(tmp_path, keyring=ring).open_remembered()
    vault(tmp_path, keyring=ring).open(PASSWORD)


def test_F52_without_a_keyring_there_is_password_mode_and_a_reason(tmp_path: Path) -> None:
    opened = vault(tmp_path).create(PASSWORD)

    with pytest.raises(KeyringFailed, match="none on this machine"):
        opened.remember()
    with pytest.raises(KeyringFailed, match="not remembered"):
        vault(tmp_path).open_remembered()


def test_F52_only_named_classes_are_taken() -> None:
    with pytest.raises(KeyringFailed, match=r"tests.vault.build.MemoryBackend is none of the backends"):
        Keyring(MemoryBackend())
    for name in ("keyring.backends.null", "keyring.backends.fail", "keyring.backends.chainer"):
        module = pytest.importorskip(name)
        kind = getattr(module, "Keyring", None) or module.ChainerBackend
        with pytest.raises(KeyringFailed, match="none of the backends"):
            Keyring(kind())
    assert not any(word in name for name in ALLOWED for word in ("null", "fail", "chainer", "alt"))


def test_F52_a_headless_machine_has_none_and_the_environment_brings_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted module, named by every way that `keyring` obeys, is never imported."""
    (tmp_path / "planted.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()")
    config = tmp_path / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir()
    config.write_text(f"[backend]\ndefault-keyring=planted.Keyring\nkeyring-path={tmp_path}\n")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "planted.Keyring")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nothing")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(KeyringFailed, match="none can be used on this machine"):
        find()
    assert not (tmp_path / "ran").exists()
    assert "planted" not in sys.modules


class Mouldable(KeyringBackend):
    """A backend as `keyring` makes them: its constructor obeys the environment."""

    priority = 5.0  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def test_a_found_backend_is_rid_of_what_the_environment_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYRING_PROPERTY_PREFERRED_COLLECTION", "/planted")

    found = find([f"{__name__}.Mouldable"])
    assert vars(found._backend) == {}
    assert vars(Mouldable()) == {"preferred_collection": "/planted"}


def test_a_search_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr(keyring_port, "_made", lambda name: go.wait(30))
    started = time.monotonic()
    with pytest.raises(KeyringFailed, match="does not answer"):
        find(["a.B"], limit_s=0.05)
    go.set()

    assert time.monotonic() - started < 2.0


def test_marks_in_a_keyring_come_back_or_are_none() -> None:
    marks = KeyringMarks(keyring())
    marks.keep("id", Mark(7, 1_000))

    assert marks.last("id") == Mark(7, 1_000)
    assert marks.last("other") is None
    broken = KeyringMarks(keyring(Locked()))
    broken.keep("id", Mark(7, 1_000))
    assert broken.last("id") is None

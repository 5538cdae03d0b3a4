"""Replacing a file, stopped at every call and at every length of a write: the old or the new one is there."""

import stat
from pathlib import Path

import pytest

from core.secret import Secret
from core.vault.errors import VaultUnwritable
from core.vault.files import Disk, read_private, replace_private
from core.vault.vault import FILE
from tests.vault.build import PASSWORD, counted, vault

OLD, NEW = b"old" * 100, b"new" * 120
POWER_CUT = 1_000
CALLS = 8


class Stop(BaseException):
    """The program ends here, as by kill -9: nothing after it runs."""


class Faulty(Disk):
    """At call `at` it does `what`: ends the program, or fails as a disk does. Writes take `portion` bytes at a time."""

    def __init__(self, at: int, what: BaseException, portion: int = 1 << 20) -> None:
        self._left = at
        self._what = what
        self._portion = portion
        self.calls: list[str] = []

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if self._left == 0:
            raise self._what
        self._left -= 1

    def create(self, path: Path) -> int:
        self._step("create")
        return super().create(path)

    def write(self, handle: int, data: bytes) -> int:
        self._step("write")
        return super().write(handle, data[: self._portion])

    def sync(self, handle: int) -> None:
        self._step("sync")
        super().sync(handle)

    def link(self, path: Path, other: Path) -> None:
        self._step("link")
        super().link(path, other)

    def rename(self, path: Path, onto: Path) -> None:
        self._step("rename")
        super().rename(path, onto)

    def sync_folder(self, folder: Path) -> None:
        self._step("sync_folder")
        super().sync_folder(folder)


def test_the_order_of_calls_makes_it_last(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(OLD)
    disk = Faulty(99, Stop())
    replace_private(path, NEW, keep_previous=True, disk=disk)

    assert disk.calls == ["create", "write", "sync", "link", "rename", "rename", "sync_folder"]
    assert path.with_name("f.prev").read_bytes() == OLD


@pytest.mark.parametrize("keep_previous", [True, False])
def test_a_stop_at_any_point_leaves_the_old_or_the_new_one(tmp_path: Path, keep_previous: bool) -> None:
    """1,000 points: each call, with the write cut into pieces of 1 byte and more."""
    path = tmp_path / "f"
    outcomes, at = [], 0
    for point in range(POWER_CUT):
        path.unlink(missing_ok=True)
        replace_private(path, OLD, keep_previous=keep_previous)
        try:
            replace_private(path, NEW, keep_previous=keep_previous, disk=Faulty(at, Stop(), portion=1 + point // 400))
        except Stop:
            at += 1
        else:
            at = 0
        outcomes.append(read_private(path, 10_000))
        assert outcomes[-1] in (OLD, NEW)

    assert {OLD, NEW} == set(outcomes)
    replace_private(path, NEW, keep_previous=keep_previous)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError(5, "I/O error"), OSError(30, "RO")])
def test_each_failing_call_is_told_and_the_vault_opens(tmp_path: Path, error: OSError) -> None:
    told = 0
    for at in range(CALLS):
        folder = tmp_path / str(at)
        vault(folder).create(PASSWORD).put({"pin": Secret("1111")})
        opened = vault(folder, disk=Faulty(at, error), random=counted()).open(PASSWORD)
        try:
            opened.put({"pin": Secret("2222")})
        except VaultUnwritable as e:
            told += 1
            assert "what stands there is whole" in str(e)
        pin = vault(folder).open(PASSWORD).get("pin")
        assert pin is not None and pin.reveal() in ("1111", "2222")
        assert not (folder / (FILE + ".new")).exists()

    assert told == CALLS - 1


def test_a_planted_temporary_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "f.new").symlink_to(victim)
    (tmp_path / "f.aside").symlink_to(victim)
    path = tmp_path / "f"
    replace_private(path, OLD, keep_previous=True)
    replace_private(path, NEW, keep_previous=True)

    assert victim.read_text() == "mine"
    assert not path.is_symlink() and path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_more_is_read_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 1_000)
    path.chmod(0o600)

    assert read_private(path, 99) == b"x" * 100
    assert read_private(tmp_path / "absent", 99) is None

"""The files of the audit log: their names, their bytes, and the check of one."""

import os
import re
from binascii import hexlify
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.store.audit.chain import HEAD, LINE_MAX, Authenticator
from core.store.audit.places import AUDIT, sync_folder

READ_BYTES = 1 << 18
_TAIL = len(b',"h":""}') + 64
_LINKS = len(b',"p":"","h":""}') + 2 * 64
_NAME = re.compile(r"([0-9]{6})-[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl")


class First(msgspec.Struct):
    """What a reader takes from the first record of a segment before it can check it."""

    n: int
    p: str


def name_of(segment: int, day: str) -> str:
    return f"{segment:06d}-{day}.jsonl"


def number_of(path: Path) -> int | None:
    """The number in a segment's name; None when the name is no segment's."""
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else None


def segments(home: Path) -> list[Path]:
    """Every `*.jsonl` of the audit folder by name, segments and strangers."""
    folder = home / AUDIT
    return sorted(folder.glob("*.jsonl")) if folder.is_dir() else []


class Disk:
    """The system calls of the audit log, so that tests can fail each of them. All raise OSError."""

    def create(self, path: Path) -> int:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)

    def write(self, handle: int, data: bytes, at: int) -> None:
        view = memoryview(data)
        while view:
            done = os.pwrite(handle, view, at)
            view, at = view[done:], at + done

    def measure(self, handle: int) -> tuple[int, int]:
        """Bytes, and how many names the file has."""
        found = os.fstat(handle)
        return found.st_size, found.st_nlink

    def cut(self, handle: int, size: int) -> None:
        os.ftruncate(handle, size)

    def sync(self, handle: int) -> None:
        os.fsync(handle)

    def sync_folder(self, folder: Path) -> None:
        sync_folder(folder)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def close(self, handle: int) -> None:
        os.close(handle)


@dataclass(slots=True)
class Checked:
    """One segment after the check: the last good record and what follows it.

    `bad` is empty when the file ended with the last good record. `torn` says that what follows may be a write that a
    crash cut short: no line end, or no JSON. `seen` gives `h` of the records that were asked for. `good_bytes` is where
    the first bad line begins, `lines` how many good ones stand before it.
    """

    record: int
    mac: str
    lines: int = 0
    good_bytes: int = 0
    bad: str = ""
    torn: bool = False
    seen: dict[int, str] = field(default_factory=dict)
    first: bytes = b""
    last: bytes = b""


def check(path: Path, key: bytes, record: int, before: str, wanted: Mapping[int, object]) -> Checked:
    """Read a segment from its beginning in bounded memory; `record` and `before` are those of the record before it."""
    result = Checked(record, before)
    walk = _Links(Authenticator(key), record, before.encode())
    rest = b""
    with path.open("rb", buffering=0) as file:
        while data := file.read(READ_BYTES):
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            good = walk.follow(lines)
            _count(result, lines, good, wanted, walk)
            if good < len(lines):
                return _bad(result, lines[good] + b"\n")
            if len(rest) > LINE_MAX:
                break
    return _bad(result, rest) if rest else result


class _Links:
    """Follows the chain: `macs` of the lines of the last call, `number` of the last good record.

    The number of a record is in what its `h` is made of, so a record in another's place does not fit.
    """

    def __init__(self, own: Authenticator, number: int, before: bytes) -> None:
        self._own = own
        self.number = number
        self.before = before
        self.macs: list[bytes] = []

    def follow(self, lines: list[bytes]) -> int:
        """How many lines, from the first on, are the next records. Two hashes and a comparison each: kept flat."""
        inner_copy, outer_copy = self._own.inner.copy, self._own.outer.copy
        pack, number, before, macs = HEAD.pack, self.number, self.before, []
        good = 0
        for text in lines:
            number += 1
            body = text[:-_TAIL]
            inner = inner_copy()
            inner.update(pack(b"A1", number, len(body)) + body)
            outer = outer_copy()
            outer.update(inner.digest())
            mac = hexlify(outer.digest())
            if text[-_LINKS:] != b',"p":"' + before + b'","h":"' + mac + b'"}' or len(text) >= LINE_MAX:
                break
            before = mac
            macs.append(mac)
            good += 1
        self.number, self.before, self.macs = self.number + good, before, macs
        return good


def _count(result: Checked, lines: list[bytes], good: int, wanted: Mapping[int, object], walk: _Links) -> None:
    """Take the first `good` lines into the result."""
    if not good:
        return
    first = walk.number - good + 1
    if not result.lines:
        result.first = lines[0] + b"\n"
    for number in wanted:
        if first <= number <= walk.number:
            result.seen[number] = walk.macs[number - first].decode()
    result.record, result.mac, result.last = walk.number, walk.before.decode(), lines[good - 1] + b"\n"
    result.lines += good
    result.good_bytes += sum(map(len, lines[:good])) + good


def _bad(result: Checked, line: bytes) -> Checked:
    result.bad, result.torn = _why(line, result.record + 1), _torn(line)
    return result


def start_of(path: Path) -> tuple[int, str] | None:
    """What a segment says stood before it, as (record, mac); None when its first line is no record. Not yet checked."""
    with path.open("rb") as file:
        raw = file.readline(LINE_MAX + 1)
    try:
        first = msgspec.json.decode(raw, type=First)
    except ValueError:  # also bytes that are no UTF-8
        return None
    return (first.n - 1, first.p) if raw.endswith(b"\n") else None


def last_mac(path: Path) -> bytes:
    """The `h` at the end of a segment, as it stands there; not yet checked."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 67))
        return file.read(64)


def _torn(raw: bytes) -> bool:
    if not raw.endswith(b"\n"):
        return True
    try:
        msgspec.json.decode(raw)
    except ValueError:  # also bytes that are no UTF-8
        return True
    return False


def _why(raw: bytes, number: int) -> str:
    """What is wrong with a line that should be record `number`, in a few words."""
    if not raw.endswith(b"\n"):
        return "the line is cut short" if len(raw) <= LINE_MAX else "the line is too long"
    try:
        found = msgspec.json.decode(raw, type=First)
    except ValueError:  # also bytes that are no UTF-8
        return "the line is no record"
    return f"record {found.n} stands in its place" if found.n != number else "its content was changed"

"""The end of the chain on the disk: takes it up after a crash, adds records, rolls segments. Blocking; one thread."""

import itertools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.clock import NS_PER_S, ist_day
from core.store.audit.chain import FORMAT, START, Authenticator, Head, digest, line, next_key, segment_key
from core.store.audit.places import AUDIT, AnchorFile, KeyPlace, stored_anchor
from core.store.audit.segments import Checked, Disk, check, last_mac, name_of, number_of, segments, start_of

SEGMENT_BYTES = 64 * 1024 * 1024
"""A segment ends with its day (IST, real time) or at this size."""


class ChainBroken(Exception):
    """The log is not what its keys and anchors say. Nothing may be added to it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to come: when (epoch ns, monotonic ns), its kind, its fields (already safe)."""

    at: tuple[int, int]
    kind: str
    fields: Mapping[str, object]


class ChainFile:
    """`open` once, then `add` from one thread at a time. What `add` returned for is on the disk.

    After an error of the disk the file is cut back to what was on it before, so that the same records may be added
    again. Raises OSError, and ChainBroken from `open`.
    """

    def __init__(self, home: Path, keys: KeyPlace, about: Mapping[str, str], disk: Disk) -> None:
        self._home = home
        self._keys = keys
        self._about = dict(about)
        self._disk = disk
        self._anchor = AnchorFile(home)
        self._head = Head(0, 0, START)
        self._key = b""
        self._handle: int | None = None
        self._size = 0
        self._day = ""
        self._sealed = True
        self._dirty = False
        self._begun: Path | None = None
        self._repairs: dict[str, dict[str, object]] = {}
        self.opened = False

    @property
    def head(self) -> Head:
        """Where the chain ends on the disk."""
        return self._head

    def open(self) -> None:
        """Check the end of the chain against the anchors and take it up; what a crash cut short is set aside."""
        files, anchors = segments(self._home), self._anchors()
        root = self._root(bool(files or anchors))
        _consecutive(files)
        while files:
            result = self._tail(files[-1], root, anchors)
            if result is not None:
                self._take_up(files[-1], result, root)
                break
            files.pop()
        else:
            if any(a.record for a in anchors):
                raise ChainBroken("tail missing from record 1")
            self._key = root
        for anchor in anchors:
            if anchor.record > self._head.record:
                raise ChainBroken(f"tail missing from record {self._head.record + 1}")
        self.opened = True

    def add(self, entries: list[Entry]) -> Head:
        """Write and sync records, after rolling when day or size ask for it. Raises ChainBroken when the file was
        changed by somebody else."""
        if entries and self._must_roll(entries[0]):
            self._roll(entries[0])
        if entries:
            self._append([*(Entry(entries[0].at, "repair", r) for r in self._repairs.values()), *entries])
            self._repairs.clear()
        return self._head

    def store_anchor(self) -> None:
        """Write the second anchor."""
        self._anchor.store(self._head)

    def close(self) -> None:
        if self._handle is not None:
            self._disk.close(self._handle)
            self._handle = None

    def _anchors(self) -> list[Head]:
        try:
            found = [stored_anchor(self._home), self._anchor.load()]
        except ValueError as e:
            raise ChainBroken(str(e)) from e
        return [a for a in found if a is not None]

    def _root(self, used: bool) -> bytes:
        root = self._keys.load()
        if root is None and used:
            raise ChainBroken("keys missing: the log cannot be checked")
        return self._keys.make() if root is None else root

    def _tail(self, path: Path, root: bytes, anchors: list[Head]) -> Checked | None:
        """The last segment, checked; None when it was only begun and has been set aside."""
        number, newest = number_of(path), max((a.record for a in anchors), default=0)
        if number is None:
            raise ChainBroken(f"{path.name} is no segment")
        start = start_of(path)
        if start is None:
            if any(a.segment >= number for a in anchors):
                raise ChainBroken(f"{path.name}: the first record is damaged")
            self._set_aside(path, 0)
            return None
        result = check(path, segment_key(root, number), *start, {a.record: a for a in anchors})
        if result.bad and not (result.torn and result.record >= newest):
            raise ChainBroken(f"{path.name}: record {result.record + 1}: {result.bad}")
        for a in anchors:
            if a.segment == number and a.record <= result.record and result.seen.get(a.record) != a.mac:
                raise ChainBroken(f"{path.name}: record {a.record} is not the one that an anchor names")
        return result

    def _take_up(self, path: Path, result: Checked, root: bytes) -> None:
        number = number_of(path) or 0
        self._head = Head(number, result.record, result.mac)
        self._key = segment_key(root, number)
        self._size, self._day = result.good_bytes, path.stem[7:]
        self._sealed = _kind(result.last) == "seal"
        if result.bad:
            self._set_aside(path, result.good_bytes)
        self._handle = self._disk.open(path)

    def _set_aside(self, path: Path, good_bytes: int) -> None:
        """Move what a crash left unfinished out of the chain, and remember to say so in the next record."""
        with path.open("rb") as file:
            file.seek(good_bytes)
            rest = file.read()
        torn = path.with_suffix(f".{good_bytes}.torn")
        handle = self._disk.create(torn) if not torn.exists() else self._disk.open(torn)
        try:
            self._disk.write(handle, rest, 0)
            self._disk.sync(handle)
        finally:
            self._disk.close(handle)
        self._repairs[torn.name] = {"file": torn.name, "bytes": len(rest), "sha256": digest(rest)}
        if good_bytes == 0:
            self._disk.remove(path)
            return
        handle = self._disk.open(path)
        try:
            self._disk.cut(handle, good_bytes)
            self._disk.sync(handle)
        finally:
            self._disk.close(handle)

    def _must_roll(self, entry: Entry) -> bool:
        same_day = ist_day(entry.at[0]) == self._day
        return self._sealed or self._handle is None or not same_day or self._size >= SEGMENT_BYTES

    def _append(self, entries: list[Entry]) -> None:
        assert self._handle is not None
        self._unchanged(self._handle)
        own, number, before, lines = Authenticator(self._key), self._head.record, self._head.mac, []
        for entry in entries:
            number += 1
            raw, before = line(own, number, before, entry.at, entry.kind, entry.fields)
            lines.append(raw)
        data = b"".join(lines)
        self._dirty = True
        self._disk.write(self._handle, data, self._size)
        self._disk.sync(self._handle)
        self._dirty = False
        self._size += len(data)
        self._head = Head(self._head.segment, number, before)

    def _unchanged(self, handle: int) -> None:
        """The file must end where we left it; after a failed write of ours it is cut back to there first."""
        size, links = self._disk.measure(handle)
        if self._dirty and size >= self._size:
            self._disk.cut(handle, self._size)
        elif size != self._size:
            raise ChainBroken(f"segment {self._head.segment} was changed while it was open")
        if links == 0:
            raise ChainBroken(f"segment {self._head.segment} was removed while it was open")

    def _roll(self, entry: Entry) -> None:
        """Seal the present segment, forget its key, begin the next one with a record that names the last."""
        if not self._sealed:
            self._append([Entry(entry.at, "seal", {"segment": self._head.segment})])
            self._sealed = True
        self.close()
        segment, day = self._head.segment + 1, ist_day(entry.at[0])
        key = next_key(self._key) if self._head.segment else self._key
        first = {"segment": segment, "last": self._head.mac, "format": FORMAT, **self._about}
        raw, told = line(Authenticator(key), self._head.record + 1, self._head.mac, entry.at, "segment", first)
        path = self._home / AUDIT / name_of(segment, day)
        if self._begun:
            self._disk.remove(self._begun)
        self._begun = path
        handle = self._disk.create(path)
        try:
            self._disk.write(handle, raw, 0)
            self._disk.sync(handle)
            self._disk.sync_folder(path.parent)
        except OSError:
            self._disk.close(handle)
            raise
        self._handle, self._size, self._day, self._sealed, self._begun = handle, len(raw), day, False, None
        self._key, self._head = key, Head(segment, self._head.record + 1, told)


def _consecutive(files: list[Path]) -> None:
    """Every segment from the first on is there, and each begins where the one before it ends."""
    for number, path in enumerate(files, 1):
        if number_of(path) != number:
            raise ChainBroken(f"segment {number} is absent")
    for before, path in itertools.pairwise(files):
        start = start_of(path)
        if start is not None and start[1].encode() != last_mac(before):
            raise ChainBroken(f"{path.name} does not begin where {before.name} ends")


def keep_evidence(home: Path, why: str, real_ns: int) -> Path | None:
    """Copy a broken log aside, once for each reason; gives the copy, None when it was there already."""
    name = f"{AUDIT}-evidence-{digest(why.encode())[:8]}"
    if not (home / AUDIT).is_dir() or any(home.glob(f"{name}-*")):
        return None
    target = home / f"{name}-{real_ns // NS_PER_S}"
    shutil.copytree(home / AUDIT, target, symlinks=True)
    return target


def _kind(raw: bytes) -> str:
    return str(msgspec.json.decode(raw)["k"]) if raw else ""

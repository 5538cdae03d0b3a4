"""The check of the whole log: offline, read-only, one pass, bounded memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from core.store.audit.chain import START, Head, next_key
from core.store.audit.codes import matches
from core.store.audit.places import AnchorFile, KeyFile, KeyPlace, stored_anchor
from core.store.audit.segments import Checked, check, number_of, segments

CLEAN, TAMPERED, TAIL_MISSING, KEYS_MISSING, NO_LOG = "clean", "tampered", "tail missing", "keys missing", "no log"


@dataclass(slots=True)
class Report:
    """What the check found. `bad_record` is the first that is wrong or absent, 0 when none is.

    `word` is one of the five above. `file`, `line` (from 1) and `offset` (bytes) say where it should stand. `anchors`
    names the anchors that agree. `first_at` and `last_at` are UTC texts of the first and last good record.
    """

    word: str = CLEAN
    segments: int = 0
    records: int = 0
    mac: str = START
    first_at: str = ""
    last_at: str = ""
    anchors: list[str] = field(default_factory=list)
    in_vault: bool = False
    bad_record: int = 0
    why: str = ""
    file: str = ""
    line: int = 0
    offset: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.word == CLEAN


def verify(home: Path, keys: KeyPlace | None = None, code: str = "") -> Report:
    """Check every record of a home's log against keys and anchors. Raises OSError for files that cannot be read.

    `code` is an outside code (`AUD-…`): a record that it names must be there.
    """
    place = keys or KeyFile(home)
    report = Report(in_vault=place.in_vault)
    anchors = _anchors(home, report)
    files = segments(home)
    if not files and not anchors and report.ok:
        report.word, report.why = NO_LOG, "no record was ever written here"
        return report
    root = place.load()
    if root is None:
        report.word, report.why = KEYS_MISSING, "the key of the log is absent or damaged"
        return report
    if report.ok:
        _Walk(report, anchors, code).run(files, root)
    return report


def _anchors(home: Path, report: Report) -> dict[str, Head]:
    found = {}
    places: dict[str, Callable[[], Head | None]] = {
        "store": partial(stored_anchor, home),
        "file": AnchorFile(home).load,
    }
    for name, load in places.items():
        try:
            anchor = load()
        except ValueError as e:
            report.word, report.why = TAMPERED, str(e)
            continue
        if anchor is not None:
            found[name] = anchor
    return found


class _Walk:
    """One pass over the segments in order."""

    def __init__(self, report: Report, anchors: dict[str, Head], code: str) -> None:
        self._report = report
        self._anchors = anchors
        self._wanted = {a.record: a for a in anchors.values()}
        self._newest = max(self._wanted, default=0)
        self._code = code
        self._code_found = 0
        self._seen: dict[int, str] = {}

    def run(self, files: list[Path], root: bytes) -> None:
        key = root
        for expected, path in enumerate(files, 1):
            if not self._segment(path, expected, key, last=path is files[-1]):
                return
            key = next_key(key)
        self._ends()

    def _segment(self, path: Path, expected: int, key: bytes, last: bool) -> bool:
        report = self._report
        if number_of(path) != expected:
            self._blame(TAMPERED, path, Checked(report.records, report.mac), f"segment {expected} is absent")
            return False
        result = check(path, key, report.records, report.mac, self._wanted)
        self._seen |= result.seen
        if self._code and not self._code_found:
            self._code_found = find_code(path, self._code, result.good_bytes)
        report.segments = expected
        if not report.first_at:
            report.first_at = _time(result.first)
        report.last_at = _time(result.last) or report.last_at
        report.records, report.mac = result.record, result.mac
        if not result.bad:
            return True
        return self._bad(path, result, last)

    def _bad(self, path: Path, result: Checked, last: bool) -> bool:
        """Whether the walk may go on: a cut-short write after the newest anchor is what a crash leaves."""
        cut_short = result.torn and last
        if cut_short and self._wanted and result.record >= self._newest:
            self._report.notes.append(
                f"{path.name}: what follows record {result.record} was cut short by a crash; "
                "it was never acknowledged, and the next start sets it aside."
            )
            return True
        missing = cut_short and result.bad == "the line is cut short"
        self._blame(TAIL_MISSING if missing else TAMPERED, path, result, result.bad)
        return False

    def _blame(self, word: str, path: Path, result: Checked, why: str) -> None:
        report = self._report
        report.word, report.why, report.bad_record = word, why, result.record + 1
        report.file, report.line, report.offset = path.name, result.lines + 1, result.good_bytes

    def _ends(self) -> None:
        report = self._report
        for name, anchor in sorted(self._anchors.items(), key=lambda pair: pair[1].record):
            if anchor.record > report.records:
                report.word, report.bad_record = TAIL_MISSING, report.records + 1
                report.why = f"the {name} anchor names record {anchor.record}, the log ends with {report.records}"
                return
            if anchor.record and self._seen.get(anchor.record) != anchor.mac:
                report.word, report.bad_record = TAMPERED, anchor.record
                report.why = f"record {anchor.record} is not the one that the {name} anchor names"
                return
            report.anchors.append(f"{name} at {anchor.record}")
        if report.records > self._newest:
            report.notes.append(f"{report.records - self._newest} records stand after the newest anchor")
        if not self._anchors:
            report.notes.append("no anchor is left, so a cut tail would not be seen")
        if self._code and not self._code_found:
            report.word, report.why = TAIL_MISSING, f"no record bears the code {self._code}"
            report.bad_record = report.records + 1
        elif self._code:
            report.anchors.append(f"code at {self._code_found}")


def find_code(path: Path, code: str, limit: int) -> int:
    """The number of the record in the first `limit` bytes that an outside code names, 0 when none is."""
    done = 0
    with path.open("rb") as file:
        for raw in file:
            done += len(raw)
            if done > limit:
                break
            if matches(code, raw[-67:-3].decode("ascii", "replace")):
                return int(msgspec.json.decode(raw)["n"])
    return 0


def _time(raw: bytes) -> str:
    return str(msgspec.json.decode(raw)["t"]) if raw else ""

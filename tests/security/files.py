"""Every file of a home as whoever takes it would read it: as it is, and what is packed in it unpacked."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from core.store.tape import SUFFIX, TapeFile
from terminal.commands.export import WHAT


def contents(home: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file, of every member of a backup, and of the records of every tape."""
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        yield path.name, path.read_bytes()
        if path.suffix == SUFFIX:
            yield f"{path.name} unpacked", b"\n".join(r.body for r in TapeFile(path).records())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                yield from ((f"{name} in {path.name}", packed.read(name)) for name in packed.namelist())


def exports(home: Path) -> list[list[str]]:
    """The words of every `tezi export` of a home into a folder of its own inside."""
    (home / "exported").mkdir(mode=0o700)
    out = home / "exported"
    tables = [[what, "--format", form] for what in WHAT if what != "report" for form in ("csv", "json")]
    asked = [*tables, ["report"]]
    return [["export", *a, "--home", str(home), "--out", str(out / ("-".join(a[::2]) + ".out"))] for a in asked]

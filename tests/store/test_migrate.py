"""A file is made, upgraded, refused or moved aside; never guessed at."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from core.clock import ManualClock
from core.errors import UserError
from core.store import migrate
from core.store.instance import InstanceLock
from core.store.journal import OrderJournal
from core.store.migrate import HEAD, REVISIONS, prepare
from core.store.writer import Writer

SAVED = Path(__file__).parent / "saved"


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as link:
        return {name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


async def test_a_new_file_has_the_tables_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "tezi.db"
    await prepare(path, 0)

    assert {"order_event", "order_finished", "meta", "alembic_version"} <= tables(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert names(path.parent) == ["tezi.db"]


def test_the_list_of_revisions_is_alembics() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(settings)

    assert [s.revision for s in reversed(list(scripts.walk_revisions()))] == list(REVISIONS)
    assert scripts.get_current_head() == HEAD


def test_a_current_file_is_opened_without_alembic(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\nfrom core.store.migrate import prepare\n"
        "asyncio.run(prepare(pathlib.Path(sys.argv[1]), 0))\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'alembic', 'sqlalchemy'}))"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code, tmp_path / "tezi.db"], capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    assert first.stdout.strip() == "['alembic', 'sqlalchemy']"
    assert second.stdout.strip() == "[]"
    assert first.stderr + second.stderr == ""


async def test_F45_a_newer_file_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "tezi.db"
    await prepare(path, 0)
    with closing(sqlite3.connect(path)) as link, link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()

    with pytest.raises(UserError, match=r"newer Tezi \(tables 9999, this one knows 0002\)"):
        await prepare(path, 0)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "body",
    [b"\x00" * 8192, b"junk " * 4000, b"SQLite format 3\x00" + b"\xff" * 8000],
    ids=["zeros", "text", "header only"],
)
async def test_F45_a_damaged_file_is_moved_aside_by_name_and_the_next_start_works(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "tezi.db"
    path.write_bytes(body)

    with pytest.raises(UserError, match=r"damaged.*moved to .*tezi\.db\.damaged-1764214200.*Start again"):
        await prepare(path, 1_764_214_200_000_000_000)
    assert (tmp_path / "tezi.db.damaged-1764214200").read_bytes() == body

    report = (tmp_path / "tezi.db.damaged-1764214200.txt").read_text()
    assert f"{len(body)} bytes" in report
    assert "tezi backup restore" in report
    await prepare(path, 0)
    assert "order_event" in tables(path)


async def test_F45_the_report_of_a_damaged_file_counts_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "tezi.db"
    shutil.copy(SAVED / "0001.db", path)
    with closing(sqlite3.connect(path)) as link, link:
        link.execute("DELETE FROM alembic_version")
    with pytest.raises(UserError, match="no single version"):
        await prepare(path, 0)
    assert "order_event: 15\n" in (tmp_path / "tezi.db.damaged-0.txt").read_text()


@pytest.mark.parametrize("empty", [True, False])
async def test_an_empty_file_is_a_new_one_and_takes_over_no_leftovers(tmp_path: Path, empty: bool) -> None:
    path = tmp_path / "tezi.db"
    if empty:
        path.touch()
    path.with_name("tezi.db-wal").write_bytes(b"left by another life")
    await prepare(path, 0)

    assert names(tmp_path) == ["tezi.db"]
    assert "order_event" in tables(path)


NEXT = f"""
HEAD = "{HEAD}"
from alembic import op
revision, down_revision, branch_labels, depends_on = "0999", HEAD, None, None
def upgrade():
    op.execute("ALTER TABLE meta ADD COLUMN note TEXT NOT NULL DEFAULT 'new'")
"""


async def test_F45_an_older_file_is_brought_up_with_its_rows_even_those_still_in_the_wal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, scripts = tmp_path / "tezi.db", tmp_path / "scripts"
    await prepare(path, 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("INSERT INTO meta VALUES ('halt', 'panic key')")
        for rest in ("", "-wal", "-shm"):
            shutil.copy(f"{path}{rest}", f"{tmp_path / 'killed.db'}{rest}")
    shutil.copytree(Path(migrate.__file__).parent / "migrations", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "0999_note.py").write_text(NEXT)
    monkeypatch.setattr(migrate, "_SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "REVISIONS", (*REVISIONS, "0999"))
    monkeypatch.setattr(migrate, "HEAD", "0999")

    await prepare(tmp_path / "killed.db", 0)

    with closing(sqlite3.connect(tmp_path / "killed.db")) as link:
        assert link.execute("SELECT * FROM meta").fetchall() == [("halt", "panic key", "new")]
        assert link.execute("SELECT version_num FROM alembic_version").fetchall() == [("0999",)]


@pytest.mark.parametrize("fault", ["raise OSError('disk is full')", "op.execute('DROP TABLE disk_is_full')"])
async def test_F45_a_migration_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    path, scripts = tmp_path / "tezi.db", tmp_path / "scripts"
    await prepare(path, 0)
    before = path.read_bytes()
    shutil.copytree(Path(migrate.__file__).parent / "migrations", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "0999_note.py").write_text(f"{NEXT}    {fault}\n")
    monkeypatch.setattr(migrate, "_SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "REVISIONS", (*REVISIONS, "0999"))
    monkeypatch.setattr(migrate, "HEAD", "0999")

    with pytest.raises(UserError, match=r"disk.is.full"):
        await prepare(path, 0)
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="writable folder with --home"):
        await prepare(tmp_path / "file" / "tezi.db", 0)


def test_F54_a_second_instance_is_told_the_process_of_the_first(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom core.errors import UserError\nfrom core.store.instance import InstanceLock\n"
        "try:\n    InstanceLock(pathlib.Path(sys.argv[1])).acquire()\nexcept UserError as e:\n    print(e)"
    )
    with InstanceLock(tmp_path):
        second = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
        assert f"another Tezi is using this folder (process {os.getpid()})" in second.stdout

    third = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert third.stdout == ""


def test_F54_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\nfrom core.store.instance import InstanceLock\n"
        "InstanceLock(pathlib.Path(sys.argv[1])).acquire()\nprint('held', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None and first.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"process {first.pid}"):
            InstanceLock(tmp_path).acquire()
        first.kill()
    with InstanceLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_the_saved_store_of_every_released_version_is_upgraded_with_all_it_held(
    tmp_path: Path, revision: str
) -> None:
    path, fresh = tmp_path / "tezi.db", tmp_path / "fresh.db"
    shutil.copy(SAVED / f"{revision}.db", path)
    await prepare(path, 0)
    await prepare(fresh, 0)

    journal = OrderJournal(Writer(path, ManualClock()), path)
    assert schema(path) == schema(fresh)
    assert [(r.tag, r.sequence) for r in await journal.load_day("2025-11-27")] == [
        (f"T{n}", sequence) for n in range(1, 6) for sequence in range(1, 4)
    ]
    assert (await journal.latest("2025-11-27"))[4].body == b'{"tag":"T5","state":"FILLED"}'
    assert await journal.load_meta("halt") == "panic key"
    assert await journal.tag_floor() == 1_764_214_200_000


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as link:
        return sorted(link.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))

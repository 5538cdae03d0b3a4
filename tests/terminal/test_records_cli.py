"""`tezi audit`, `tezi backup`, `tezi export` as a person runs them: words, exit codes, files."""

import csv
import io
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from core.clock import SystemClock, ist_day
from core.domain import Side
from core.ports import OrderRecord
from core.store.audit.log import AuditLog
from core.store.audit.segments import segments
from core.store.journal import OrderJournal
from core.store.ledger import TradeLedger
from core.store.migrate import prepare
from core.store.writer import Writer
from tests.builders import T0_NS, fill, order
from tests.terminal.test_cli import tezi

DAY = ist_day(T0_NS)


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """One order with a hostile reason, a buy and a sell, a few audit records."""
    home, clock = tmp_path / "home", SystemClock()
    await prepare(home / "tezi.db", 0)
    writer = Writer(home / "tezi.db", clock)
    await writer.open()
    held = order(filled=10, average_e4=1412_6000, reason='=HYPERLINK("http://x")\x1b[31m', created_ns=T0_NS)
    await OrderJournal(writer, home / "tezi.db").intent(
        OrderRecord(held.tag, 1, "gate", DAY, "practice-1", msgspec.json.encode(held), 1, 1)
    )
    TradeLedger(writer, "practice-1").book([fill(), fill(fill_id="2", side=Side.SELL, price_e4=1420_0000)])
    audit = AuditLog(home, clock, writer)
    await audit.open()
    for n in range(4):
        audit.append("order.state", {"tag": f"T{n}", "net": -n})
    await audit.close()
    await writer.close()
    return home


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_clean_log_without_a_vault_is_good_and_says_so(home: Path) -> None:
    done = tezi("audit", "verify", "--home", home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "audit log clean" in done.stdout
    assert "there is no vault" in done.stdout
    told = json.loads(tezi("--home", home, "audit", "verify", "--json").stdout)
    assert (told["ok"], told["word"], told["records"], told["in_vault"]) == (True, "clean", 5, False)


def tampered(home: Path) -> None:
    path = segments(home)[0]
    path.write_bytes(path.read_bytes().replace(b'"tag":"T1"', b'"tag":"T9"'))


def cut(home: Path) -> None:
    path = segments(home)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))


def keyless(home: Path) -> None:
    (home / "keys" / "audit.key").unlink()


@pytest.mark.parametrize(
    ("harm", "word", "record"), [(tampered, "tampered", 3), (cut, "tail missing", 4), (keyless, "keys missing", 0)]
)
def test_what_is_wrong_is_named_and_the_exit_code_is_1(home: Path, harm, word: str, record: int) -> None:
    harm(home)
    done, as_json = tezi("audit", "verify", "--home", home), tezi("audit", "verify", "--home", home, "--json")

    assert (done.returncode, as_json.returncode, done.stderr) == (1, 1, "")
    assert f"audit log {word}" in done.stdout
    assert f"first bad or missing record: {record}" in done.stdout or not record
    told = json.loads(as_json.stdout)
    assert (told["ok"], told["word"], told["bad_record"]) == (False, word, record)


def test_a_broken_log_is_set_aside_whole_and_a_good_one_is_not(home: Path) -> None:
    assert tezi("audit", "set-aside", "--home", home).returncode == 3
    tampered(home)
    done = tezi("audit", "set-aside", "--home", home)

    assert done.returncode == 0
    aside = next(home.glob("audit-broken-*"))
    assert sorted(p.name for p in aside.iterdir()) == ["audit", "audit-anchor.json", "audit.key", "store-anchor.txt"]
    assert tezi("audit", "verify", "--home", home).returncode == 3
    assert all(p.stat().st_mode & 0o077 == 0 for p in aside.rglob("*"))


def test_a_home_without_records_is_told(tmp_path: Path) -> None:
    for args in (["audit", "verify"], ["backup", "create"], ["backup", "verify"], ["export", "orders"]):
        done = tezi(*args, "--home", tmp_path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), args


def money(text: str) -> int:
    """Paise; raises for a number that has less."""
    rupees, _, paise = text.partition(".")
    assert len(paise) == 2, text
    return int(rupees) * 100 + (-1 if text.startswith("-") else 1) * int(paise)


def test_tables_have_totals_and_no_formula(home: Path) -> None:
    orders = table(tezi("export", "orders", "--home", home).stdout)
    assert [row["day"] for row in orders] == [DAY, "TOTAL"]
    assert orders[0]["reason (' guards formulas)"].startswith("'=HYPERLINK(")
    assert (orders[0]["price"], orders[1]["filled_value"]) == ("1412.60", "14126.00")

    trades = table(tezi("export", "trades", "--home", home, "--day", DAY).stdout)
    assert (trades[-1]["bought_value"], trades[-1]["sold_value"]) == ("14126.00", "14200.00")
    positions = table(tezi("export", "positions", "--home", home).stdout)
    assert (positions[0]["net"], positions[0]["realised"]) == ("0", "74.00")
    pnl = json.loads(tezi("export", "pnl", "--home", home, "--json").stdout)
    assert pnl["totals"]["realised_before_charges"] == "74.00"
    row = pnl["rows"][0]
    parts = ("brokerage", "exchange_charges", "stamp_duty", "sebi_fee", "transaction_tax", "gst", "depository")
    assert money(row["charges"]) == sum(money(row[name]) for name in parts) > 0
    assert money(row["realised_after_charges"]) == money("74.00") - money(row["charges"])
    assert positions[-1]["charges"] == trades[-1]["charges"] == row["charges"] == pnl["totals"]["charges"]
    assert table(tezi("export", "orders", "--home", home, "--day", "2020-01-01").stdout)[0]["day"] == "TOTAL"


def test_the_audit_log_is_a_table_too(home: Path) -> None:
    rows = json.loads(tezi("audit", "export", "--home", home, "--json").stdout)["rows"]
    assert [row["record"] for row in rows] == [1, 2, 3, 4, 5]
    assert json.loads(rows[4]["fields"]) == {"net": -3, "tag": "T3"}
    assert len(table(tezi("export", "audit", "--home", home).stdout)) == 5
    assert table(tezi("export", "audit", "--home", home, "--day", "2020-01-01").stdout) == []


def test_the_day_report_reads_like_a_contract_note_and_bears_the_code(home: Path) -> None:
    text = tezi("export", "report", "--home", home).stdout
    assert "1,412.60" in text
    assert "+74.00" in text
    for words in ("brokerage", "stamp duty", "STT or CTT", "GST", "after charges", "contract note decides"):
        assert words in text, words
    code = text.split("Audit code: ")[1].split()[0]
    assert tezi("audit", "verify", "--home", home, "--from-code", code).returncode == 0
    assert tezi("audit", "verify", "--home", home, "--from-code", "AUD-261124-0000-0000-0000").returncode == 1


def test_an_export_to_a_file_is_private_and_replaces_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "orders.csv"
    assert tezi("export", "orders", "--home", home, "--out", out).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert b"\r\n" in out.read_bytes()
    assert tezi("export", "orders", "--home", home, "--out", out).returncode == 3


@pytest.mark.parametrize(
    "args",
    [
        ["export", "everything"],
        ["export", "orders", "--day", "yesterday"],
        ["export", "orders", "--day", "2026-01-01", "--from", "2026-01-01"],
        ["export", "orders", "--from", "2026-01-02", "--to", "2026-01-01"],
        ["audit", "verify", "--from-code", "AUD-1"],
    ],
)
def test_a_mistake_is_usage(args: list[str], tmp_path: Path) -> None:
    done = tezi(*args, "--home", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_backup_is_made_checked_and_put_back(home: Path, tmp_path: Path) -> None:
    made = json.loads(tezi("backup", "create", "--home", home, "--json").stdout)["path"]
    assert tezi("backup", "verify", "--home", home).returncode == 0
    (home / "tezi.db").unlink()
    shutil.rmtree(home / "audit")
    assert tezi("backup", "restore", "--home", home).returncode == 0
    assert tezi("audit", "verify", "--home", home).returncode == 0
    assert table(tezi("export", "orders", "--home", home).stdout)[0]["day"] == DAY

    Path(made).write_bytes(Path(made).read_bytes()[:-200])
    assert tezi("backup", "verify", made, "--home", home).returncode == 1
    done = tezi("backup", "restore", made, "--home", home)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)

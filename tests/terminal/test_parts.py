"""What the composition root puts into the parts of an engine."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from core.brokers import contract
from core.clock import NS_PER_S, AnchoredClock, ManualClock
from core.config import Config, Screen
from core.engine.parts import Parts
from core.errors import UserError
from core.market.instruments import Catalogue
from core.orders.tags import Tags
from terminal.options import Options
from terminal.parts import build_parts
from tests.builders import NIFTY_FUT, RELIANCE, SBIN
from tests.engine.fakes import FakeJournal
from tests.engine.test_gate_facts import own_freeze


def built(home: Path) -> Parts:
    clock = AnchoredClock(ManualClock())
    address = SimpleNamespace(rest="http://127.0.0.1:1", stream="", orders="")
    link = SimpleNamespace(address=address, credentials=lambda: None, run_name="practice-1", on_move=None)
    options = Options(mode="practice", config=Config(screen=Screen(watchlist=("RELIANCE-EQ",))), home=home)
    tags = Tags(clock, b"k" * 32, 1)
    catalogue = Catalogue([RELIANCE, SBIN, NIFTY_FUT])
    return build_parts(
        options, clock, "PRACTICE", link, catalogue, contract.load(), FakeJournal(), tags, lambda event: None
    )


def test_facts_of_the_data_folder_reach_the_engine(tmp_path):
    own_freeze(tmp_path / "facts", 65)
    assert built(tmp_path).dated.freeze_quantity(NIFTY_FUT.exchange, "NIFTY", "2026-11-24") == 65


def test_facts_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "freeze.json").write_text("{}")
    with pytest.raises(UserError, match=r"freeze\.json"):
        built(tmp_path)


def test_practice_follows_the_clock_of_the_exchange(tmp_path):
    parts = built(tmp_path)
    there_ns = parts.clock.wall_ns() + 600 * NS_PER_S
    parts.broker.follow(there_ns)
    assert abs(parts.clock.wall_ns() - there_ns) <= NS_PER_S


def test_practice_trades_by_the_master_of_its_exchange(tmp_path):
    master = built(tmp_path).master
    assert master is not None and (master.rows, master.day) == (3, "")

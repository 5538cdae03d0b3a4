"""A long universe: options are priced when somebody first asks, and are then what they would have been at the start."""

import json
import random
from datetime import date
from pathlib import Path

import pytest

from core.domain import Instrument, InstrumentKey, Kind
from core.exchange.floor import Floor
from core.exchange.listed import Listed, instruments_of
from core.exchange.listing import Listing
from core.exchange.masterfile import Master
from core.exchange.quoterows import master_row
from core.exchange.universe import listings_of

DAY = date(2026, 3, 3)


def parts() -> tuple[dict[InstrumentKey, Listing], dict[InstrumentKey, Listing]]:
    """The shipped universe: what is no option, and what is."""
    rows = listings_of(DAY)
    options = {key: row for key, row in rows.items() if row.instrument.kind is Kind.OPTION}
    return {key: row for key, row in rows.items() if key not in options}, options


def test_a_market_prices_no_option_before_somebody_looks() -> None:
    ready, options = parts()
    asked: list[InstrumentKey] = []

    def price(instrument: Instrument) -> Listing:
        asked.append(instrument.key)
        return options[instrument.key]

    listed = Listed(ready, {key: row.instrument for key, row in options.items()}, price)
    floor = Floor(listed, random.Random(1))
    floor.step(10**18)
    assert asked == []
    key = next(iter(options))
    assert floor.snapshot(key).listing == options[key] and floor.snapshot(key).bids
    assert asked == [key], "once"


def test_listings_that_wait_are_a_mapping_like_any_other() -> None:
    ready, options = parts()
    listed = Listed(ready, {key: row.instrument for key, row in options.items()}, lambda i: options[i.key])
    whole = ready | options
    assert list(listed) == list(whole) and len(listed) == len(whole)
    assert list(instruments_of(listed)) == list(instruments_of(whole))
    assert all(key in listed for key in whole) and dict(listed) == whole
    assert list(listed) == list(whole), "the order stays when all are priced"
    nobody = InstrumentKey(next(iter(whole)).exchange, "nobody")
    assert nobody not in listed and listed.get(nobody) is None
    with pytest.raises(KeyError):
        listed[nobody]


def test_a_master_is_listed_once_for_a_day(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text(json.dumps([master_row(row) for row in listings_of(DAY).values()]))
    master = Master(path)
    first = master.listings(DAY)
    assert master.listings(DAY) is first and master.listings(date(2026, 3, 4)) is not first
    options = [row for row in first.values() if row.instrument.kind is Kind.OPTION]
    assert len(options) > 100
    for row in options:
        assert row.lower_e4 <= row.close_e4 <= row.upper_e4 and row.type_name.startswith("OPT")
        assert row.members == () or first[row.members[0]].instrument.kind is Kind.FUTURE

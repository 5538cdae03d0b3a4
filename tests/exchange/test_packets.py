"""The exchange's own encoder against the built packet vectors, which the official SDK decodes to the listed values."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.exchange.book import LevelView
from core.exchange.listing import SEGMENTS, Listing
from core.exchange.packets import encode
from core.exchange.snapshot import Snapshot
from core.exchange.subscriptions import SUBSCRIPTIONS_MAX, Subscriptions
from tests.exchange.wire import subscribe

NOT_MADE = {
    "depth20_nse_equity": "mode 4 was withdrawn by the broker",
    "snap_nfo_option": "its open-interest change, a dummy, is not 0",
    "quote_cds_future": "its average is finer than 1/10,000 rupee",
}
VECTORS = [
    v
    for v in json.loads((Path(__file__).parent / "packet_vectors.json").read_text())["vectors"]
    if v["name"] not in NOT_MADE
]
SEGMENT_KEYS = [InstrumentKey(Exchange.NSE, str(n)) for n in range(50)]


def snapshot(fields: dict[str, Any]) -> Snapshot:
    exchange = SEGMENTS[fields["exchange_type"]]
    scale = 1_000 if exchange is Exchange.CDS else 100

    def price(name: str) -> int:
        raw = fields.get(name, 0)
        return raw // scale if exchange is Exchange.CDS else raw * scale

    def levels(name: str) -> tuple[LevelView, ...]:
        return tuple(LevelView(p * 100, q, n) for q, p, n in fields.get("depth", {}).get(name, ()) if q)

    listing = Listing(
        Instrument(exchange, fields["token"], "X", "X", Kind.EQUITY),
        price("close"),
        price("lower_circuit"),
        price("upper_circuit"),
        price("low_52w"),
        price("high_52w"),
    )
    return Snapshot(
        listing=listing,
        sequence=fields["sequence_number"],
        time_ns=fields["exchange_timestamp_ms"] * 1_000_000,
        last_e4=price("ltp"),
        close_e4=price("close"),
        open_e4=price("open"),
        high_e4=price("high"),
        low_e4=price("low"),
        last_quantity=fields.get("last_traded_qty", 0),
        last_ns=fields.get("last_traded_timestamp_s", 0) * 1_000_000_000,
        average_e4=price("avg_traded_price"),
        volume=fields.get("volume", 0),
        total_buy=int(fields.get("total_buy_qty", 0)),
        total_sell=int(fields.get("total_sell_qty", 0)),
        open_interest=fields.get("open_interest", 0),
        bids=levels("buy"),
        asks=levels("sell"),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: str(v["name"]))
def test_every_packet_is_the_vector_byte_for_byte(vector: dict[str, Any]) -> None:
    assert encode(vector["mode"], snapshot(vector["fields"])).hex() == vector["hex"]


def test_the_vectors_cover_all_three_modes() -> None:
    assert {v["mode"] for v in VECTORS} == {1, 2, 3} and len(VECTORS) == 12


def test_what_waits_for_a_slow_client_never_exceeds_what_it_asked_for() -> None:
    wanted = Subscriptions(lambda: frozenset(SEGMENT_KEYS))
    wanted.handle(subscribe(1, *(key.token for key in SEGMENT_KEYS)))
    for _ in range(1_000):
        wanted.mark(SEGMENT_KEYS)
    taken = 0
    while wanted.take(1):
        taken += 1
    assert taken == len(SEGMENT_KEYS) < SUBSCRIPTIONS_MAX

"""The market-data lists over a small market that is written out: values, ranks, and what is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from core.clock import iso_to_ns
from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.exchange.analytics import (
    BUILDUPS,
    GreekBody,
    ListBody,
    buildup_rows,
    cautionary_rows,
    gainer_rows,
    greek_rows,
    intraday_rows,
    ratio_rows,
)
from core.exchange.greeks import greeks_of, value
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.exchange.snapshot import Bar, Snapshot
from core.exchange.switches import Switches
from tests.exchange import shapes

E4 = 10_000
NOW = iso_to_ns("2026-03-03T10:00:00+05:30")
SPOT = InstrumentKey(Exchange.NSE, "99926000")


class Written:
    """A market of given snapshots."""

    def __init__(self, quotes: Iterable[Snapshot]) -> None:
        self._quotes = {q.listing.key: q for q in quotes}

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        return {key: q.listing for key, q in self._quotes.items()}

    def snapshot(self, key: InstrumentKey) -> Snapshot:
        return self._quotes[key]

    def step(self, now_ns: int) -> None: ...

    def take_changed(self) -> Iterable[InstrumentKey]:
        return ()

    def bars(self, key: InstrumentKey) -> list[Bar]:
        return []


def quote(listing: Listing, last: float, close: float, oi: int = 0) -> Snapshot:
    return Snapshot(listing, 1, NOW, round(last * E4), round(close * E4), volume=130, last_ns=NOW, open_interest=oi)


def future(token: str, name: str, expiry: str, oi: int, kind: str = "FUTSTK") -> Listing:
    symbol = f"{name}{expiry}FUT"
    return Listing(
        Instrument(Exchange.NFO, token, symbol, name, Kind.FUTURE, 65, expiry=expiry),
        E4,
        open_interest=oi,
        type_name=kind,
    )


def option(token: str, strike: int, kind: str) -> Listing:
    instrument = Instrument(
        Exchange.NFO,
        token,
        f"NIFTY{strike}{kind}",
        "NIFTY",
        Kind.OPTION,
        65,
        expiry="2026-03-31",
        strike_e4=strike * E4,
    )
    return Listing(instrument, E4, members=(SPOT,), type_name="OPTIDX")


INDEX = Listing(Instrument(Exchange.NSE, "99926000", "Nifty 50", "NIFTY", Kind.INDEX, tick_e4=0), E4)
SHARE = Listing(Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY), E4)
MARKET = Written(
    [
        quote(INDEX, 25_000, 24_900),
        quote(SHARE, 1_000, 990),
        quote(future("11", "AAA", "2026-03-31", 100), 110, 100, 120),
        quote(future("12", "BBB", "2026-03-31", 100), 95, 100, 130),
        quote(future("13", "CCC", "2026-03-31", 100), 102, 100, 80),
        quote(future("14", "DDD", "2026-03-31", 100), 90, 100, 70),
        quote(future("15", "AAA", "2026-04-28", 100), 111, 100, 100),
        quote(future("16", "NIFTY", "2026-03-31", 100, "FUTIDX"), 25_100, 25_000, 200),
        quote(option("21", 25_000, "CE"), 400, 380, 3_000),
        quote(option("22", 25_000, "PE"), 390, 395, 3_600),
        quote(option("23", 20_000, "CE"), 1, 1, 0),
    ]
)


def test_greeks_of_a_chain() -> None:
    rows = greek_rows(GreekBody("nifty", "31MAR2026"), MARKET, NOW)
    assert not isinstance(rows, Refusal)
    assert not shapes.fits(rows, [shapes.GREEK])
    call, put = rows
    assert [r["optionType"] for r in rows] == ["CE", "PE"], "a price below the intrinsic value has no volatility"
    assert float(call["delta"]) - float(put["delta"]) == pytest.approx(1, abs=0.01)
    assert call["strikePrice"] == "25000.000000" and call["tradeVolume"] == "130.00"
    for name, date in (("NIFTY", "30APR2026"), ("GOLD", "31MAR2026")):
        refused = greek_rows(GreekBody(name, date), MARKET, NOW)
        assert isinstance(refused, Refusal) and refused.code == "AB9019"


@pytest.mark.parametrize("call", [True, False])
def test_greeks_agree_with_differences_of_the_price(call: bool) -> None:
    spot, strike, years, sigma = 25_000.0, 25_200.0, 0.08, 0.14
    price = value(spot, strike, years, sigma, call)
    found = greeks_of(price, spot, strike, years, call)
    assert found is not None and found.volatility == pytest.approx(14, abs=1e-6)

    def moved(ds: float = 0, dv: float = 0, dt: float = 0) -> float:
        return value(spot + ds, strike, years - dt, sigma + dv, call)

    assert found.delta == pytest.approx((moved(1) - moved(-1)) / 2, rel=1e-4)
    assert found.gamma == pytest.approx(moved(1) - 2 * price + moved(-1), rel=1e-3)
    assert found.vega == pytest.approx((moved(dv=0.001) - moved(dv=-0.001)) / 0.2, rel=1e-4)
    assert found.theta == pytest.approx(moved(dt=1 / 365) - price, rel=0.02)
    assert greeks_of(0.0, spot, strike, years, call) is None


@pytest.mark.parametrize(
    ("kind", "first", "percent"),
    [
        ("PercPriceGainers", "AAA", 10.0),
        ("PercPriceLosers", "DDD", -10.0),
        ("PercOIGainers", "BBB", 30.0),
        ("PercOILosers", "DDD", -30.0),
    ],
)
def test_gainers_and_losers_are_ranked(kind: str, first: str, percent: float) -> None:
    rows = gainer_rows(ListBody(kind, "NEAR"), MARKET)
    assert not isinstance(rows, Refusal) and not shapes.fits(rows, [shapes.GAINER])
    assert rows[0]["tradingSymbol"].startswith(first) and rows[0]["percentChange"] == percent
    assert len(rows) == 4, "stock futures of the near expiry only"
    (far,) = gainer_rows(ListBody(kind, "NEXT"), MARKET)
    assert far["symbolToken"] == 15  # type: ignore[index]
    for body in (ListBody("x", "NEAR"), ListBody(kind, "SOON")):
        assert isinstance(gainer_rows(body, MARKET), Refusal)


@pytest.mark.parametrize(("kind", "name"), zip(BUILDUPS, ("AAA", "BBB", "CCC", "DDD"), strict=True))
def test_build_up_by_price_and_open_interest(kind: str, name: str) -> None:
    rows = buildup_rows(ListBody(kind, "NEAR"), MARKET)
    assert not isinstance(rows, Refusal) and not shapes.fits(rows, [shapes.BUILDUP])
    assert rows[0]["tradingSymbol"].startswith(name)
    assert isinstance(buildup_rows(ListBody("Long", "NEAR"), MARKET), Refusal)


def test_ratio_intraday_and_cautionary_lists() -> None:
    (row,) = ratio_rows(MARKET)
    assert row == {"pcr": 1.2, "tradingSymbol": "NIFTY2026-03-31FUT"} and not shapes.fits(row, shapes.RATIO)
    assert intraday_rows(MARKET, Exchange.NSE, Switches()) == [
        {"exchange": "NSE", "SymbolName": "SBIN", "Multiplier": "5.0"}
    ]
    assert intraday_rows(MARKET, Exchange.NSE, Switches(no_intraday=["NSE:3045"])) == []
    assert cautionary_rows(MARKET, Switches()) == []
    (row,) = cautionary_rows(MARKET, Switches(cautionary=["NSE:3045"]))
    assert not shapes.fits(row, shapes.CAUTIONARY)


def test_nothing_is_known_before_the_first_trade() -> None:
    still = Written(replace(MARKET.snapshot(key), last_ns=0) for key in MARKET.listings)
    assert isinstance(greek_rows(GreekBody("NIFTY", "31MAR2026"), still, NOW), Refusal)

"""What a trader means comes first, over all rows of the real master of 2025-09-17; and whatever is typed is bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.market.shared import real_catalogue

ON = "2025-09-18"
TABLE = {
    # shares, other names, indices, futures of the near month, options of the nearest expiry, misspelled
    "sbin": "SBIN-EQ", "SBIN-EQ": "SBIN-EQ", "reliance": "RELIANCE-EQ", "rel": "RELIANCE-EQ", "relian": "RELIANCE-EQ",
    "tcs": "TCS-EQ", "infy": "INFY-EQ", "hdfcbank": "HDFCBANK-EQ", "hdfc bank": "HDFCBANK-EQ", "itc": "ITC-EQ",
    "m&m": "M&M-EQ", "l&t": "LT-EQ", "bajaj-auto": "BAJAJ-AUTO-EQ", "bajaj auto": "BAJAJ-AUTO-EQ",
    "tata motors": "TATAMOTORS-EQ", "tata steel": "TATASTEEL-EQ", "icici bank": "ICICIBANK-EQ",
    "icici pru": "ICICIPRULI-EQ", "sbin bse": "SBIN", "axisbank": "AXISBANK-EQ", "maruti": "MARUTI-EQ",
    "2885": "RELIANCE-EQ", "3045": "SBIN-EQ", "infosys": "INFY-EQ", "sbi": "SBIN-EQ", "state bank": "SBIN-EQ",
    "larsen": "LT-EQ", "airtel": "BHARTIARTL-EQ", "hul": "HINDUNILVR-EQ", "zomato": "ETERNAL-EQ",
    "ril": "RELIANCE-EQ", "bajaj finance": "BAJFINANCE-EQ", "nifty": "Nifty 50", "nifty 50": "Nifty 50",
    "banknifty": "Nifty Bank", "bank nifty": "Nifty Bank", "nifty bank": "Nifty Bank",
    "finnifty": "Nifty Fin Service", "nifty it": "Nifty IT", "vix": "India VIX", "india vix": "India VIX",
    "sensex": "SENSEX", "nifty next 50": "Nifty Next 50", "nifty 500": "Nifty 500", "midcpnifty": "NIFTY MID SELECT",
    "nifty midcap 150": "NIFTY MIDCAP 150", "bankex": "BANKEX", "banknifty fut": "BANKNIFTY30SEP25FUT",
    "nifty fut": "NIFTY30SEP25FUT", "nifty oct fut": "NIFTY28OCT25FUT", "nifty fut nov": "NIFTY25NOV25FUT",
    "reliance fut": "RELIANCE30SEP25FUT", "sbin oct fut": "SBIN28OCT25FUT", "bank nifty fut": "BANKNIFTY30SEP25FUT",
    "banknifty f": "BANKNIFTY30SEP25FUT", "banknifty sep fut": "BANKNIFTY30SEP25FUT",
    "crude fut": "CRUDEOIL19SEP25FUT", "crudeoil": "CRUDEOIL19SEP25FUT", "gold fut": "GOLD03OCT25FUT",
    "gold mini fut": "GOLDM03OCT25FUT", "silver fut": "SILVER05DEC25FUT", "natgas fut": "NATURALGAS25SEP25FUT",
    "usdinr fut": "USDINR25919FUT", "sensex fut": "SENSEX25SEPFUT", "m&m fut": "M&M30SEP25FUT",
    "nifty 24800 ce": "NIFTY23SEP2524800CE", "nifty 24800": "NIFTY23SEP2524800CE",
    "nifty 24800 pe": "NIFTY23SEP2524800PE", "nifty 24800 put": "NIFTY23SEP2524800PE",
    "nifty ce 24800": "NIFTY23SEP2524800CE", "nifty24800ce": "NIFTY23SEP2524800CE",
    "nifty 24800ce": "NIFTY23SEP2524800CE", "nifty 23 sep 25000 ce": "NIFTY23SEP2525000CE",
    "nifty 25 nov 25000 pe": "NIFTY25NOV2525000PE", "nifty 25nov 25000 pe": "NIFTY25NOV2525000PE",
    "nifty oct 25000 ce": "NIFTY07OCT2525000CE", "nifty 28 oct 25000 ce": "NIFTY28OCT2525000CE",
    "nifty 28 oct 2025 25000 ce": "NIFTY28OCT2525000CE", "banknifty 55000 pe": "BANKNIFTY30SEP2555000PE",
    "bank nifty 54000 ce": "BANKNIFTY30SEP2554000CE", "reliance 1400 ce": "RELIANCE30SEP251400CE",
    "reliance oct 1400 ce": "RELIANCE28OCT251400CE", "sbin 850 pe": "SBIN30SEP25850PE",
    "sensex 82000 ce": "SENSEX2591882000CE", "nifty 248": "NIFTY23SEP2524800CE",
    "nifty sep 25000 c": "NIFTY23SEP2525000CE", "NIFTY23SEP2525000": "NIFTY23SEP2525000CE",
    "nifty23sep2525000ce": "NIFTY23SEP2525000CE", "finnifty 26000 pe": "FINNIFTY30SEP2526000PE",
    "relaince": "RELIANCE-EQ", "hdfc bnk": "HDFCBANK-EQ", "infsys": "INFY-EQ", "tata mtors": "TATAMOTORS-EQ",
    "bnknifty fut": "BANKNIFTY30SEP25FUT", "niftty 25000 ce": "NIFTY23SEP2525000CE", "icicbank": "ICICIBANK-EQ",
    "maruthi": "MARUTI-EQ", "sunfarma": "SUNPHARMA-EQ", "kotk bank": "KOTAKBANK-EQ",
    "realince fut": "RELIANCE30SEP25FUT",
}  # fmt: skip


@pytest.mark.timeout(120)
def test_what_a_trader_means_comes_first() -> None:
    catalogue = real_catalogue()

    first = {text: next((i.symbol for i in catalogue.search(text, 12, ON)), None) for text in TABLE}

    assert {t: s for t, s in first.items() if s != TABLE[t]} == {}
    assert len(TABLE) >= 60


def test_sbin_without_an_exchange_is_the_nse_share_and_then_the_bse_one() -> None:
    found = real_catalogue().search("sbin", 3, ON)

    assert [(i.symbol, i.exchange.value) for i in found[:2]] == [("SBIN-EQ", "NSE"), ("SBIN", "BSE")]


def test_every_beginning_of_a_query_keeps_the_subject_in_sight() -> None:
    """As one types: from the third letter on, what was meant is never far."""
    for text, symbol in (("reliance", "RELIANCE-EQ"), ("banknifty fut", "BANKNIFTY30SEP25FUT"), ("infosys", "INFY-EQ")):
        seen = [[i.symbol for i in real_catalogue().search(text[:n], 12, ON)] for n in range(3, len(text) + 1)]
        assert all(seen), text
        assert symbol in seen[-1]


def test_expired_is_hidden_by_the_day() -> None:
    def first(on: str) -> str:
        return real_catalogue().search("nifty 25000 ce", 1, on)[0].symbol

    assert first("2025-09-23") == "NIFTY23SEP2525000CE"
    assert first("2025-09-24") == "NIFTY30SEP2525000CE"
    assert real_catalogue().search("nifty 25000 ce", 5, "2040-01-01") == ()


def test_no_test_instrument_is_ever_found() -> None:
    for text in ("nsetest", "011nsetest", "011nsetest fut", "nsetest fut", "111NSETEST30DEC25FUT", "021NSETEST"):
        assert not [i for i in real_catalogue().search(text, 50) if "NSETEST" in i.symbol], text


@given(st.text(max_size=30) | st.text("NIFTYBANK 0123456789CEPFUT&-.%_'\"*", max_size=40), st.integers(0, 15))
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_gives_a_bounded_answer(text: str, limit: int) -> None:
    found = real_catalogue().search(text, limit, ON)

    assert len(found) <= limit
    assert len({i.key for i in found}) == len(found)
    assert not [i for i in found if i.expiry and i.expiry < ON]

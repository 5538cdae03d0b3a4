"""A recorded session streamed: its prices at its times, and no orders."""

import csv
import gzip
import json
import struct
from pathlib import Path

import pytest

from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, Wire, head, receive_packet, subscribe
from tests.exchange_process import ExchangeProcess

COLUMNS = (
    "recv_ist,ltt_ms,ltp,ltq,prev_close,atp,volume,tbq,tsq,open,high,low,close,"
    + ",".join(f"bp{n},bq{n},ap{n},aq{n}" for n in range(1, 6))
).split(",")


def invented(folder: Path) -> Path:
    """Two names, a few ticks each, half a second apart; the last has an empty side."""
    for label, base in (("BHARATFORG", 1400), ("BANKNIFTY_OPT_60166", 300)):
        with gzip.open(folder / f"{label}.csv.gz", "wt") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number in range(4):
                last, second = base + number, f"{number / 2 + 0.25:.3f}"
                depth = [v for n in range(1, 6) for v in (last - n, 10 * n, "" if number == 3 else last + n, 20 * n)]
                day = [last, 5, base - 9, base + 0.37, 1000 + number, 500, 600, base, last, base, last]
                writer.writerow([f"2025-12-15 09:33:0{second}", 1765771380000, *day, *depth])
    return folder


def test_every_tick_of_a_recording_arrives_with_its_price(tmp_path: Path) -> None:
    with ExchangeProcess(None, "--replay", str(invented(tmp_path)), "--limits", "off") as exchange:
        assert exchange.now.startswith("2025-12-15T09:33:00.2")
        wire = Wire(exchange)
        with wire.stream() as stream:
            stream.send(subscribe(3, "422"))
            seen = [receive_packet(stream)]
            while head(seen[-1]).last != 140_300:
                seen.append(receive_packet(stream))
        heads = [head(p) for p in seen]
        assert [h.last for h in heads] == sorted(h.last for h in heads)
        last = seen[-1]
        assert heads[-1].time_ms == 1_765_771_381_750
        assert struct.unpack_from("<qqqddqqqq", last, 51) == (
            5,
            140_037,
            1003,
            500.0,
            600.0,
            140_000,
            140_300,
            140_000,
            139_100,
        )
        levels = [struct.unpack_from("<hqqh", last, 147 + 20 * n)[:3] for n in range(10)]
        assert levels[0] == (1, 10, 140_200) and levels[5] == (0, 0, 0)
        until(lambda: exchange.truth()["now"].startswith("2025-12-15T09:33:01.75"), "the clock stands at the last tick")
        asked = {"mode": "FULL", "exchangeTokens": {"NFO": ["60166"]}}
        quote = wire.send("POST", "/rest/secure/angelbroking/market/v1/quote", asked).json["data"]["fetched"][0]
        assert (quote["ltp"], quote["tradingSymbol"]) == (303.0, "BANKNIFTY_OPT_60166")
        assert wire.send("GET", ORDER + "getOrderBook").json["data"] is None
        share = {"tradingsymbol": "BHARATFORG-EQ", "symboltoken": "422", "quantity": "15"}
        assert wire.place(**share, price="1402.00", transactiontype="SELL")["status"] is True
        sold = wire.send("GET", ORDER + "getTradeBook").json["data"]
        assert [(t["fillprice"], t["fillsize"]) for t in sold] in ([(1402.0, 10)], [("1402.00", "10")])


def test_real_recordings_start_at_once_and_keep_their_prices(shared: Path) -> None:
    folder = shared / "data" / "ticks" / "depth5_2025-12-15"
    with gzip.open(folder / "MAXHEALTH.csv.gz", "rt") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(400), strict=False)]
    prices = {round(float(row["ltp"]) * 100) for row in rows}
    with ExchangeProcess(None, "--replay", str(folder), "--speed", "10", "--limits", "off") as exchange:
        assert exchange.start_s < 5
        wire = Wire(exchange)
        master = wire.send("GET", "/OpenAPI_File/files/OpenAPIScripMaster.json").json
        assert {r["token"] for r in master if r["exch_seg"] == "NSE"} == {"22377", "19585", "422"}
        assert json.dumps(master).count('"35"') == 6
        with wire.stream() as stream:
            stream.send(subscribe(1, "22377"))
            seen = [head(receive_packet(stream)) for _ in range(5)]
        assert {p.last for p in seen} <= prices


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n"])
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "X.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(RuntimeError, match="no depth-5 recording"):
        ExchangeProcess(None, "--replay", str(path))

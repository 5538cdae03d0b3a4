"""A recorded session streamed: its prices at its times, and no orders."""

import csv
import gzip
import json
import struct
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tests import sdk
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


def test_real_recordings_keep_their_prices(shared: Path) -> None:
    folder = shared / "data" / "ticks" / "depth5_2025-12-15"
    with gzip.open(folder / "MAXHEALTH.csv.gz", "rt") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(400), strict=False)]
    prices = {round(float(row["ltp"]) * 100) for row in rows}
    with ExchangeProcess(None, "--replay", str(folder), "--speed", "10", "--limits", "off") as exchange:
        wire = Wire(exchange)
        master = wire.send("GET", "/OpenAPI_File/files/OpenAPIScripMaster.json").json
        assert {r["token"] for r in master if r["exch_seg"] == "NSE"} == {"22377", "19585", "422"}
        assert json.dumps(master).count('"35"') == 6
        with wire.stream() as stream:
            stream.send(subscribe(1, "22377"))
            seen = [head(receive_packet(stream)) for _ in range(5)]
        assert {p.last for p in seen} <= prices


def excerpt(source: Path, folder: Path, rows: int) -> list[dict[str, str]]:
    """The first ticks of a recording as a recording of its own; gives its rows."""
    with gzip.open(source, "rt") as file:
        lines = [line for line, _ in zip(file, range(rows + 1), strict=False)]
    with gzip.open(folder / source.name, "wt") as file:
        file.writelines(lines)
    return list(csv.DictReader(lines))


def recorded_again(exchange: ExchangeProcess, tokens: list[str], start: str, count: int) -> list[list[Any]]:
    """What a client that knows only the SDK's parser sees of each token from the start on, each sequence once."""
    parse, wire = sdk.parser(), Wire(exchange)
    exchange.call("/clock", {"pause": True})
    exchange.call("/clock", {"seek": start})
    seen: list[dict[int, Any]] = [{} for _ in tokens]
    with wire.stream() as stream:
        stream.send(subscribe(3, *tokens))
        packet = receive_packet(stream)
        exchange.call("/clock", {"speed": 60})
        while True:
            tick = parse(packet)
            if tick["last_traded_price"]:
                seen[tokens.index(tick["token"])].setdefault(tick["sequence_number"], tick)
            if all(len(ticks) >= count for ticks in seen):
                break
            packet = receive_packet(stream)
    return [list(ticks.values()) for ticks in seen]


def levels_of(row: dict[str, str], price: str, quantity: str) -> list[tuple[int, int]]:
    found = [(round(float(row[f"{price}{n}"] or 0) * 100), int(row[f"{quantity}{n}"] or 0)) for n in range(1, 6)]
    return [level for level in found if all(level)]


def test_a_session_recorded_again_is_the_same(tmp_path: Path, shared: Path) -> None:
    """Prices, volumes, five levels and their order, over the wire, read by the official parser."""
    source = shared / "data" / "ticks" / "depth5_2025-12-15"
    rows = [excerpt(source / f"{name}.csv.gz", tmp_path, 120) for name in ("MAXHEALTH", "BHARATFORG")]
    with ExchangeProcess(None, "--replay", str(tmp_path), "--limits", "off") as exchange:
        first = min(r[0]["recv_ist"] for r in rows).replace(" ", "T") + "+05:30"
        again = recorded_again(exchange, ["22377", "422"], first, 120)
    for said, heard in zip(rows, again, strict=True):
        for row, tick in zip(said, heard, strict=True):
            assert tick["last_traded_price"] == round(float(row["ltp"]) * 100)
            assert tick["volume_trade_for_the_day"] == int(row["volume"])
            for side, price, quantity in (("best_5_buy_data", "bp", "bq"), ("best_5_sell_data", "ap", "aq")):
                shown = [(level["price"], level["quantity"]) for level in tick[side] if level["price"]]
                assert shown == levels_of(row, price, quantity)


def test_a_replay_is_held_let_go_and_sent_back(tmp_path: Path) -> None:
    with ExchangeProcess(None, "--replay", str(invented(tmp_path)), "--limits", "off") as exchange:
        wire = Wire(exchange)
        asked = {"mode": "LTP", "exchangeTokens": {"NSE": ["422"]}}

        def clock(**body: Any) -> str:
            return str(exchange.call("/clock", body)["now"])

        def last() -> float:
            found = wire.send("POST", "/rest/secure/angelbroking/market/v1/quote", asked).json["data"]["fetched"]
            return float(found[0]["ltp"])

        until(lambda: exchange.truth()["now"].startswith("2025-12-15T09:33:01.75"), "the replay ends")
        clock(pause=True)
        assert clock(seek="2025-12-15T09:33:00.800+05:30").startswith("2025-12-15T09:33:00.8") and last() == 1401.0
        assert exchange.truth()["now"].startswith("2025-12-15T09:33:00.8"), "a held replay stands still"
        assert clock(seek="2025-12-15T09:33:00.300+05:30").startswith("2025-12-15T09:33:00.3") and last() == 1400.0
        clock(speed=0.5)
        until(lambda: last() == 1403.0, "it goes on to its last tick")
        with pytest.raises(urllib.error.HTTPError):
            clock(seek="noon")


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n"])
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "X.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(RuntimeError, match="no depth-5 recording"):
        ExchangeProcess(None, "--replay", str(path))

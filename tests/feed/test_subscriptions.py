"""The wanted set as messages."""

import json

from core.domain import Exchange, Instrument, Kind
from core.feed.subscriptions import Topic, changes, topic


def _many(count: int, exchange: Exchange = Exchange.NSE) -> list[Instrument]:
    return [Instrument(exchange, str(i), f"S{i}", f"S{i}", Kind.EQUITY) for i in range(count)]


def topics(instruments: list[Instrument]) -> tuple[Topic, ...]:
    return tuple(topic(i) for i in instruments)


def test_the_message_is_the_documented_one() -> None:
    wanted = topics([*_many(2), *_many(1, Exchange.NFO)])

    assert [json.loads(m) for m in changes((), wanted, 7)] == [
        {
            "correlationID": "tezi000007",
            "action": 1,
            "params": {
                "mode": 3,
                "tokenList": [{"exchangeType": 1, "tokens": ["0", "1"]}, {"exchangeType": 2, "tokens": ["0"]}],
            },
        }
    ]


def test_many_tokens_go_in_chunks_of_two_hundred() -> None:
    messages = [json.loads(m) for m in changes((), topics(_many(450)), 0)]

    sizes = [sum(len(part["tokens"]) for part in m["params"]["tokenList"]) for m in messages]
    assert sizes == [200, 200, 50]
    assert len({m["correlationID"] for m in messages}) == 3


def test_only_the_difference_is_sent_what_goes_first() -> None:
    had, wanted = topics(_many(3)), (Topic(1, "1"), Topic(1, "2"), Topic(1, "9"))

    messages = [json.loads(m) for m in changes(had, wanted, 0)]

    assert [(m["action"], m["params"]["tokenList"][0]["tokens"]) for m in messages] == [(0, ["0"]), (1, ["9"])]
    assert changes(wanted, wanted, 0) == ()

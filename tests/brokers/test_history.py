"""getCandleData over scripted answers: what goes out, paced, and what comes back typed or failed."""

from core.brokers import contract
from core.brokers.angel import AngelBroker
from core.domain import Exchange, InstrumentKey
from core.outcome import Failed, FailedBy, Ok
from core.ports import Bar
from tests.brokers.rest import Answer, Request, fake_rest, ok, refused, reply
from tests.brokers.test_angel import _credentials, _Impatient, _session

_ROW = ["2025-11-26T09:15:00+05:30", 815, 817.2, 814.05, 816.4, 184210]
_BAR = Bar(1_764_128_700, 8_150_000, 8_172_000, 8_140_500, 8_164_000, 184_210)
_SBIN = InstrumentKey(Exchange.NSE, "3045")
_SPAN = ("2025-11-26 09:15", "2025-11-26 15:30")


async def _ask(answer: Answer, times: int = 1) -> tuple[list[object], list[Request], list[float]]:
    clock = _Impatient()
    async with fake_rest(_session(lambda _: answer)) as fake:
        broker = AngelBroker(fake.url, _credentials, clock, known=contract.load())
        assert isinstance(await broker.login(), Ok)
        reads: list[object] = [await broker.candles(_SBIN, "FIVE_MINUTE", *_SPAN) for _ in range(times)]
        await broker.close()
    return reads, [r for r in fake.requests if r.path.endswith("getCandleData")], clock.waits


async def test_the_request_is_the_documented_one_and_rows_become_bars() -> None:
    (read,), (request,), _ = await _ask(ok([_ROW]))

    assert isinstance(read, Ok) and read.value == (_BAR,)
    assert (request.method, request.path) == ("POST", "/rest/secure/angelbroking/historical/v1/getCandleData")
    assert request.json == {
        "exchange": "NSE",
        "symboltoken": "3045",
        "interval": "FIVE_MINUTE",
        "fromdate": "2025-11-26 09:15",
        "todate": "2025-11-26 15:30",
    }


async def test_calls_are_paced() -> None:
    reads, requests, waits = await _ask(ok(None), times=4)

    assert len(requests) == 4 and all(isinstance(r, Ok) and r.value == () for r in reads)
    assert sum(w for w in waits if w < 5) > 0.9


async def test_every_throttled_answer_is_a_failure_and_never_no_bars() -> None:
    answers = (
        reply(b"Access denied because of exceeding access rate", 403),
        refused("AB1021", "Too many requests"),
        refused("AB1004", "Something Went Wrong"),
        reply(b""),
        ok([["nonsense"]]),
    )
    reads = [(await _ask(answer))[0][0] for answer in answers]

    assert all(isinstance(read, Failed) for read in reads)
    assert [read.by for read in reads[:2] if isinstance(read, Failed)] == [FailedBy.RATE, FailedBy.RATE]

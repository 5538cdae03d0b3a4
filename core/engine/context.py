"""What was on screen when an order was asked for, as compact JSON: quote, depth, ages, verdicts, position, mode."""

import msgspec

from core.clock import Clock
from core.domain import OrderIntent, PositionKey
from core.facts import LadderMode
from core.orders.positions import Positions
from core.views import Level, QuoteView, Verdict

DEPTH = 5
_encode = msgspec.json.Encoder().encode


class Seen(msgspec.Struct, omit_defaults=True):
    """Prices in 1/10,000 rupee, levels as [price, units, orders]; `age_ms` is None before the first packet.

    `checks` holds what the gate compared, by number; `denied` the numbers that forbade it.
    """

    at_ns: int
    mode: str
    position: int
    quote: str = "none"
    age_ms: int | None = None
    last_e4: int | None = None
    volume: int = 0
    upper_e4: int = 0
    lower_e4: int = 0
    exchange_ms: int = 0
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    checks: dict[str, str] = {}
    denied: tuple[str, ...] = ()


def seen(
    clock: Clock, intent: OrderIntent, quotes: QuoteView, positions: Positions, mode: LadderMode, verdict: Verdict
) -> bytes:
    """The JSON of a `Seen`. Never fails for want of a quote: then `quote` is `none`."""
    key = intent.instrument.key
    found = Seen(
        at_ns=clock.wall_ns(),
        mode=mode.word,
        position=positions.net(PositionKey(key.exchange, key.token, intent.product)),
        checks={r.code: r.compared for r in verdict.results},
        denied=tuple(r.code for r in verdict.denials),
    )
    slot = quotes.slot(key)
    if slot is None:
        return _encode(found)
    quote = quotes.quote(slot)
    found.quote, found.age_ms = quotes.freshness(slot).word, quotes.age_ms(slot)
    found.last_e4 = quote.ltp_e4 if quote.has_ltp else None
    found.volume, found.exchange_ms = quote.volume, quote.exchange_ms
    found.upper_e4, found.lower_e4 = quote.upper_e4, quote.lower_e4
    found.bids, found.asks = quote.bids[:DEPTH], quote.asks[:DEPTH]
    return _encode(found)

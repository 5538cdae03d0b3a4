"""Reading the quote board by instrument: the slot, the quote and how old it is, in one value. Pure over the view."""

from dataclasses import dataclass

from core.domain import InstrumentKey
from core.views import Freshness, Quote, QuoteView

NO_QUOTE = Quote(
    has_ltp=False, ltp_e4=0, ltq=0, average_e4=0, volume=0, total_buy=0, total_sell=0, open_e4=0, high_e4=0, low_e4=0,
    close_e4=0, last_trade_s=0, open_interest=0, upper_e4=0, lower_e4=0, bids=(), asks=(), exchange_ms=0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A quote as seen now: `age_ms` is None and `freshness` NEVER before the first packet."""

    quote: Quote
    age_ms: int | None
    freshness: Freshness


NOTHING = Seen(NO_QUOTE, None, Freshness.NEVER)


def seen(view: QuoteView, key: InstrumentKey) -> Seen:
    """The quote of an instrument with its age; NOTHING while it was never wanted."""
    slot = view.slot(key)
    if slot is None:
        return NOTHING
    return Seen(view.quote(slot), view.age_ms(slot), view.freshness(slot))


def pulse(view: QuoteView, key: InstrumentKey) -> tuple[int, int, str]:
    """What moves when a row with this price must be drawn again: revision, age as shown, mark."""
    slot = view.slot(key)
    if slot is None:
        return (0, -1, Freshness.NEVER.mark)
    age_ms = view.age_ms(slot)
    return (view.revision(slot), -1 if age_ms is None else age_ms // 1000, view.freshness(slot).mark)

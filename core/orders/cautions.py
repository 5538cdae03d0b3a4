"""What will bite about an open position: square-off, expiry, physical settlement, ban, freeze, circuit. Pure.

Facts come with dates (`core.market.facts`); what is not known is said as not known, never left out silently.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from core.account import Caution
from core.clock import ist
from core.domain import Exchange, Instrument, Kind, Position, Product
from core.market.facts import Facts
from core.money import group, show_price
from core.orders.guarding import INDEX_NAMES
from core.views import Quote

SQUARE_OFF_LOUD_S = 15 * 60
SETTLEMENT_DAYS = 4
"""Days before expiry from which exchanges ask a delivery margin for stock derivatives (kotaksecurities.com)."""
CIRCUIT_BPS = 200


@dataclass(frozen=True, slots=True)
class At:
    """The moment that is judged: `day` is `YYYY-MM-DD`, `second` seconds since Indian midnight."""

    day: str
    second: int

    @classmethod
    def of(cls, wall_ns: int) -> "At":
        moment = ist(wall_ns)
        return cls(moment.strftime("%Y-%m-%d"), moment.hour * 3600 + moment.minute * 60 + moment.second)


def square_off_s(facts: Facts, exchange: Exchange, product: Product, at: At) -> int | None:
    """Seconds until the broker begins to close INTRADAY positions of a segment (0 from then on); None when it does not
    or the hour is not known."""
    clock = facts.square_off_at(exchange, at.day) if product is Product.INTRADAY else ""
    if not clock:
        return None
    hours, minutes = clock.split(":")
    return max(0, int(hours) * 3600 + int(minutes) * 60 - at.second)


def cautions(
    p: Position,
    instrument: Instrument,
    facts: Facts,
    at: At,
    quote: Quote | None,
    banned: Callable[[str, str], bool | None] | None = None,
) -> tuple[Caution, ...]:
    """All that applies, the loud ones first; nothing for a flat position. `banned(name, day)` stands for the list of
    the facts where the session has one of its own."""
    if not p.net:
        return ()
    found = [
        *_square_off(p, facts, at),
        *_expiry(p, instrument, at, quote),
        *_ban(instrument, banned or facts.banned, at),
        *_freeze(p, instrument),
        *_circuit(p, quote),
    ]
    return tuple(sorted(found, key=lambda c: not c.loud))


def _square_off(p: Position, facts: Facts, at: At) -> list[Caution]:
    left_s = square_off_s(facts, p.exchange, p.product, at)
    if left_s is None:
        unknown = p.product is Product.INTRADAY
        return [Caution("SQ-OFF ?", "the broker's square-off hour is not known", loud=True)] if unknown else []
    clock = facts.square_off_at(p.exchange, at.day)
    if left_s == 0:
        return [Caution("SQ-OFF", f"the broker closes MIS from {clock} on, at market and for a fee", loud=True)]
    text = f"the broker closes MIS at about {clock} (not verified with the live broker)"
    return [Caution("SQ-OFF", text, loud=True)] if left_s <= SQUARE_OFF_LOUD_S else []


def _expiry(p: Position, instrument: Instrument, at: At, quote: Quote | None) -> list[Caution]:
    if not instrument.is_derivative or not instrument.expiry:
        return []
    days = (date.fromisoformat(instrument.expiry) - date.fromisoformat(at.day)).days
    if days < 0:
        return [Caution("EXPIRED", f"the contract expired on {instrument.expiry}", loud=True)]
    found = []
    if days == 0:
        found.append(Caution("EXP TODAY", "the contract expires today at the close", loud=True))
    elif days <= SETTLEMENT_DAYS:
        found.append(Caution(f"EXP {days}d", f"the contract expires in {days} days, on {instrument.expiry}"))
    if days <= SETTLEMENT_DAYS and _settles_in_shares(instrument):
        found.append(Caution("DELIVERY", _delivery_text(p, instrument), loud=True))
    return found


def _settles_in_shares(instrument: Instrument) -> bool:
    """Stock derivatives of NSE and BSE since October 2019 (SEBI circular of 2018-04-11); index ones settle in cash."""
    return instrument.exchange in (Exchange.NFO, Exchange.BFO) and instrument.name not in INDEX_NAMES


def _delivery_text(p: Position, instrument: Instrument) -> str:
    """Who gives shares and who takes them, when it is held to the end."""
    put = instrument.kind is Kind.OPTION and instrument.symbol.endswith("PE")
    takes = (p.net > 0) is not put
    verb = "take" if takes else "give"
    when = ", if in the money," if instrument.kind is Kind.OPTION else ""
    price = instrument.strike_e4
    worth = f" (₹{show_price(abs(p.net) * price)} at the strike)" if price else ""
    return f"held to expiry you{when} {verb} {group(abs(p.net))} {instrument.name} shares{worth}; margin rises before"


def _ban(instrument: Instrument, listed: Callable[[str, str], bool | None], at: At) -> list[Caution]:
    if instrument.exchange is not Exchange.NFO or instrument.name in INDEX_NAMES:
        return []
    banned = listed(instrument.name, at.day)
    if banned is None:
        return [Caution("BAN ?", "today's ban list is not loaded: adding may be refused (tezi facts)")]
    return [Caution("BAN", f"{instrument.name} is in the ban period: only closing orders", loud=True)] if banned else []


def _freeze(p: Position, instrument: Instrument) -> list[Caution]:
    freeze = instrument.freeze_quantity
    if freeze is None or freeze <= 0 or abs(p.net) <= freeze:
        return []
    usable = freeze // max(1, instrument.lot) * max(1, instrument.lot) or freeze
    orders = -(-abs(p.net) // usable)
    return [Caution(f"FREEZE {orders}x", f"above the freeze of {group(freeze)}: closing it takes {orders} orders")]


def _circuit(p: Position, quote: Quote | None) -> list[Caution]:
    """The circuit at which nobody would take the other side of an exit, when it is near."""
    if quote is None or not quote.has_ltp or quote.ltp_e4 <= 0:
        return []
    limit_e4 = quote.lower_e4 if p.net > 0 else quote.upper_e4
    if limit_e4 <= 0:
        return []
    bps = abs(quote.ltp_e4 - limit_e4) * 10_000 // quote.ltp_e4
    if bps > CIRCUIT_BPS:
        return []
    which = "lower" if p.net > 0 else "upper"
    text = f"{bps // 100}.{bps % 100:02d}% from the {which} circuit {show_price(limit_e4)}: there it cannot be closed"
    return [Caution("CIRCUIT", text, loud=True)]

"""What the handlers of the REST services are given, and the small things they share."""

from typing import Annotated, Any

from litestar.params import Dependency

from core.domain import Exchange, InstrumentKey
from core.exchange.envelopes import failure, success
from core.exchange.faults import Faults
from core.exchange.orders import Refusal
from core.exchange.sessions import Sessions
from core.exchange.venue import Venue

TheVenue = Annotated[Venue, Dependency(skip_validation=True)]
TheSessions = Annotated[Sessions, Dependency(skip_validation=True)]
TheFaults = Annotated[Faults, Dependency(skip_validation=True)]
Json = dict[str, Any]
LOOK_ONLY = Refusal("AB1007", "This is a replay: it can be looked at, and has no account")


def answered(done: Any) -> Json:
    """Dialect A: a refusal, or what was asked for."""
    return failure(done) if isinstance(done, Refusal) else success(done)


def key_of(venue: Venue, exchange: object, token: object) -> InstrumentKey | None:
    """The listed instrument that an exchange and a token name."""
    name = str(exchange)
    if name not in Exchange.__members__:
        return None
    key = InstrumentKey(Exchange(name), str(token))
    return key if key in venue.market.listings else None

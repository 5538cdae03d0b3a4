"""What a practice day is made of: its universe and what happens in it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from core.domain import InstrumentKey
from core.exchange.listing import Listing
from core.exchange.tide import Events, Tide
from core.exchange.universe import listings_of

Listings = Mapping[InstrumentKey, Listing]


def _nothing(day: date, listings: Listings) -> Events:
    return Events()


@dataclass(frozen=True, slots=True)
class Setting:
    """`listings` gives the universe of a day, `events` what a scenario does to it."""

    listings: Callable[[date], Listings] = listings_of
    events: Callable[[date, Listings], Events] = _nothing

    def tide(self, rng: random.Random, day: date, listings: Listings) -> Tide:
        return Tide(random.Random(rng.getrandbits(64)), self.events(day, listings))


PLAIN = Setting()

"""Listings of a long universe: what hangs on another price is priced when somebody first asks for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from core.domain import Instrument, InstrumentKey
from core.exchange.listing import Listing


class Listed(Mapping[InstrumentKey, Listing]):
    """`ready` listings first, then those that `price` makes of the `waiting` instruments, each once."""

    def __init__(
        self,
        ready: Mapping[InstrumentKey, Listing],
        waiting: Mapping[InstrumentKey, Instrument],
        price: Callable[[Instrument], Listing],
    ) -> None:
        self._ready, self._waiting, self._price = dict(ready), waiting, price
        self._first = tuple(ready)

    def __getitem__(self, key: InstrumentKey) -> Listing:
        row = self._ready.get(key)
        if row is None:
            row = self._ready[key] = self._price(self._waiting[key])
        return row

    def __iter__(self) -> Iterator[InstrumentKey]:
        yield from self._first
        yield from self._waiting

    def __len__(self) -> int:
        return len(self._first) + len(self._waiting)

    def __contains__(self, key: object) -> bool:
        return key in self._waiting or key in self._ready

    def instruments(self) -> Iterator[tuple[InstrumentKey, Instrument]]:
        """Every instrument, in the same order; prices nothing."""
        for key in self._first:
            yield key, self._ready[key].instrument
        yield from self._waiting.items()


def instruments_of(listings: Mapping[InstrumentKey, Listing]) -> Iterable[tuple[InstrumentKey, Instrument]]:
    """The instruments of any listings, without pricing what waits for it."""
    if isinstance(listings, Listed):
        return listings.instruments()
    return ((key, row.instrument) for key, row in listings.items())

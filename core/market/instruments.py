"""The catalogue: every instrument by key and by symbol, and found by the words a trader types."""

import re
from bisect import bisect_left
from collections.abc import Iterable

from core.domain import Exchange, Instrument, InstrumentKey, Kind
from core.market.master import Master, parse

_WORD = re.compile(r"[A-Z0-9&.\-]+")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SEGMENT_ORDER = {e: i for i, e in enumerate(Exchange)}
_TEST_NAME = "NSETEST"


class Catalogue:
    """All instruments of one master, fixed once made."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._all = tuple(instruments)
        self._by_key = {i.key: i for i in self._all}
        self._by_symbol: dict[tuple[Exchange, str], Instrument] = {}
        self._groups: dict[str, list[Instrument]] = {}
        for instrument in self._all:
            self._by_symbol.setdefault((instrument.exchange, instrument.symbol), instrument)
            if _TEST_NAME not in instrument.symbol:
                for word in _own_words(instrument):
                    self._groups.setdefault(word, []).append(instrument)
        self._words = sorted(self._groups)

    @classmethod
    def read(cls, raw: bytes) -> tuple["Catalogue", Master]:
        """The catalogue of a master file, and what the file held."""
        master = parse(raw)
        return cls(master.instruments), master

    def get(self, key: InstrumentKey) -> Instrument | None:
        return self._by_key.get(key)

    def by_symbol(self, exchange: Exchange, symbol: str) -> Instrument | None:
        """The instrument with exactly this trading symbol, the first when a segment repeats one."""
        return self._by_symbol.get((exchange, symbol))

    def all(self) -> tuple[Instrument, ...]:
        return self._all

    def search(self, text: str, limit: int, on: str = "") -> tuple[Instrument, ...]:
        """The best `limit` matches for words like `nifty 26 nov 24800 ce`, best first.

        The first word begins a symbol or a name; the others narrow: CE, PE, FUT, a month, a day, a year, a strike, an
        exchange. `on` (`YYYY-MM-DD`) hides what has expired by that day. Test instruments never show.
        """
        words = _WORD.findall(text.upper())
        if not words or limit <= 0:
            return ()
        head, rest = words[0], words[1:]
        found = [i for i in self._beginning(head) if not (on and i.expiry and i.expiry < on) and _fits(i, rest)]
        found.sort(key=lambda i: _rank(i, head, bool(rest)))
        return tuple(found[:limit])

    def _beginning(self, head: str) -> list[Instrument]:
        """Each instrument with a word of its own that begins so."""
        found: dict[InstrumentKey, Instrument] = {}
        for at in range(bisect_left(self._words, head), len(self._words)):
            if not self._words[at].startswith(head):
                break
            found.update((i.key, i) for i in self._groups[self._words[at]])
        return list(found.values())


def _own_words(instrument: Instrument) -> set[str]:
    symbol, name = instrument.symbol.upper(), instrument.name.upper()
    return {w for w in (symbol, symbol.replace(" ", ""), name, instrument.label.upper()) if w}


def _fits(instrument: Instrument, words: list[str]) -> bool:
    return all(_fits_word(instrument, word) for word in words)


def _fits_word(instrument: Instrument, word: str) -> bool:
    if word in ("CE", "PE"):
        return instrument.kind is Kind.OPTION and instrument.symbol.endswith(word)
    if word == "FUT":
        return instrument.kind is Kind.FUTURE
    if word == instrument.exchange.value:
        return True
    if word[:3] in _MONTHS and word.isalpha():
        return instrument.expiry[5:7] == f"{_MONTHS.index(word[:3]) + 1:02d}"
    if word.replace(".", "", 1).isdigit():
        return _fits_number(instrument, word)
    return word in instrument.symbol.upper() or word in instrument.name.upper()


def _fits_number(instrument: Instrument, word: str) -> bool:
    whole, _, part = word.partition(".")
    strike_e4 = int(whole or 0) * 10_000 + int(part[:4].ljust(4, "0") or 0)
    if instrument.strike_e4 and strike_e4 == instrument.strike_e4:
        return True
    year, day = instrument.expiry[:4], instrument.expiry[8:]
    return bool(instrument.expiry) and (word in (year, year[2:]) or word.zfill(2) == day)


def _rank(instrument: Instrument, head: str, narrowed: bool) -> tuple[int, int, int, str, int, int, str]:
    """Exact before beginning, shares and indices before contracts (unless narrowed), NSE first, then nearest expiry.

    NSE indices have eight-digit tokens since March 2024; the five-digit rows of old come last.
    """
    label, name = instrument.label.upper(), instrument.name.upper()
    closeness = 0 if label == head else 1 if name == head else 2
    kind = {Kind.EQUITY: 0, Kind.INDEX: 0, Kind.FUTURE: 1, Kind.OPTION: 2}[instrument.kind]
    share = 0 if instrument.symbol.endswith("-EQ") or instrument.kind is not Kind.EQUITY else 1
    outdated = instrument.kind is Kind.INDEX and instrument.exchange is Exchange.NSE and len(instrument.token) < 8
    return (
        2 if outdated else 0 if closeness < 2 else 1,
        0 if narrowed else kind,
        share + closeness,
        instrument.expiry,
        _SEGMENT_ORDER[instrument.exchange],
        instrument.strike_e4,
        instrument.symbol,
    )

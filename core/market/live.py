"""Which price may be called live, and so traded on: one rule for the mark of a row and for the gate (G14).

A row is late by its own measure, how often it usually changes; but never younger than the gate would deny it: the
configured ages of `Limits` (reliability 3.2, G14) bound it from above.
"""

import numpy as np
import numpy.typing as npt

from core.config import Limits
from core.domain import Instrument
from core.money import PRICE_MAX_E4

Ints = npt.NDArray[np.int64]
INDEX_NAMES = frozenset(
    {"NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY", "NIFTYNXT50", "SENSEX", "BANKEX", "SENSEX50"}
)  # fmt: skip
USUAL_TIMES = 8
"""A price is late once it is so many times older than the packets of its row usually stand apart."""
_LEAST_MS = 3_000
"""No price is late before that, however quick its row, unless the configured age is less."""


def on_index(instrument: Instrument) -> bool:
    """Whether a contract's underlying is an index."""
    return instrument.is_derivative and instrument.name in INDEX_NAMES


def oldest_ms(limits: Limits, *, on_index: bool) -> int:
    """The oldest price, in milliseconds since it was received, that may be traded on: contracts on an index move
    fastest."""
    most = limits.quote_age_ms_max
    return min(limits.quote_age_index_ms_max, most) if on_index else most


def late_ms(usual_ms: int, oldest_ms: int) -> int:
    """How old a price may be and still be called fresh, when its row usually changes every `usual_ms`."""
    return min(max(usual_ms * USUAL_TIMES, _LEAST_MS), oldest_ms)


def late_each_ms(usual_ms: Ints, oldest_ms: Ints) -> Ints:
    """`late_ms` of many rows."""
    return np.minimum(np.maximum(usual_ms * USUAL_TIMES, _LEAST_MS), oldest_ms)


def sound(last_e4: int, bid_e4: int, ask_e4: int) -> bool:
    """Whether a price may be traded on at all: a last price, and no crossed book. 0 is "no bid", "no ask"."""
    if not (0 < last_e4 <= PRICE_MAX_E4 and bid_e4 >= 0 and ask_e4 >= 0):
        return False
    return not (bid_e4 > 0 and ask_e4 > 0 and bid_e4 >= ask_e4)

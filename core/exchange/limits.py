"""Published request limits as strict sliding windows (official rate-limit page, 2026), on the monotonic clock."""

from collections import deque
from collections.abc import Mapping

from core.clock import NS_PER_S

Window = tuple[int, int]
"""Most requests, in so many seconds."""

_ORDERS: tuple[Window, ...] = ((9, 1), (500, 60), (1_000, 3_600))
_READS: tuple[Window, ...] = ((10, 1), (500, 60), (5_000, 3_600))
_RULES: tuple[Window, ...] = ((9, 1), (500, 60), (5_000, 3_600))
_ONE: tuple[Window, ...] = ((1, 1),)
LIMITS: Mapping[str, tuple[Window, ...]] = {
    "loginByPassword": _ONE,
    "generateTokens": ((1, 1), (1_000, 3_600)),
    "getProfile": ((3, 1), (1_000, 3_600)),
    "logout": _ONE,
    "getRMS": ((2, 1),),
    "placeOrder": _ORDERS,
    "modifyOrder": _ORDERS,
    "cancelOrder": _ORDERS,
    "getOrderBook": _ONE,
    "getTradeBook": _ONE,
    "getPosition": _ONE,
    "searchScrip": _ONE,
    "getHolding": _ONE,
    "getAllHolding": _ONE,
    "getLtpData": _READS,
    "details": _READS,
    "quote": _READS,
    "convertPosition": _READS,
    "batch": _READS,
    "createRule": _RULES,
    "modifyRule": _RULES,
    "cancelRule": _RULES,
    "ruleDetails": _READS,
    "ruleList": _READS,
    "getCandleData": ((3, 1), (180, 60), (5_000, 3_600)),
    "optionGreek": _ONE,
    **dict.fromkeys(("gainersLosers", "putCallRatio", "OIBuildup", "nseIntraday", "bseIntraday"), _ONE),
    **dict.fromkeys(("cautionaryScrips", "estimateCharges", "verifyDis", "generateTPIN", "getTranStatus"), _ONE),
}
"""The last two lines are not published: one a second."""
_WRITES = "order writes together"
_SHARED = {name: _WRITES for name in ("placeOrder", "modifyOrder", "cancelOrder")} | {"getOIData": "getCandleData"}


class Limiter:
    """Counts what was let through; `allows` is False for a request over any of its windows."""

    def __init__(self) -> None:
        tables = {**LIMITS, _WRITES: _ORDERS}
        self._tables = tables
        self._seen: dict[str, deque[int]] = {
            name: deque(maxlen=max(most for most, _ in windows)) for name, windows in tables.items()
        }

    def allows(self, endpoint: str, mono_ns: int) -> bool:
        names = [n for n in (endpoint, _SHARED.get(endpoint)) if n in self._tables]
        if any(self._full(name, mono_ns) for name in names if name is not None):
            return False
        for name in names:
            if name is not None:
                self._seen[name].append(mono_ns)
        return True

    def _full(self, name: str, mono_ns: int) -> bool:
        """A window of N is full when the N-th request before this one still lies inside it."""
        seen = self._seen[name]
        return any(
            len(seen) >= most and mono_ns - seen[-most] < seconds * NS_PER_S for most, seconds in self._tables[name]
        )

"""Running sums over live orders: what may still trade, what nobody vouches for, what rests. O(1) for each change.

An order counts from the moment it is set (the gate sets it with the approval, so that two requests can never pass on
the same headroom) until it is set again in a state that cannot trade. Setting it twice changes nothing.
"""

from collections import deque
from dataclasses import dataclass, field

from core.domain import InstrumentKey, Order, OrderState, OrderType, PositionKey, Side

_RESTING = frozenset({OrderType.LIMIT, OrderType.STOPLOSS_LIMIT})
NOTHING = (0, 0)
FILLS_MAX = 64


@dataclass(slots=True)
class _Count:
    """What one order adds."""

    position: PositionKey
    key: InstrumentKey
    side: Side
    leaves: int
    live: bool
    unknown: bool
    crosses: bool
    price_e4: int
    changing: bool
    """A change of it is under way: it counts at the worse of its old and its new terms."""

    def widen(self, other: "_Count") -> None:
        """Either of two sets of terms may be alive: the larger quantity and the more aggressive price count."""
        self.leaves = max(self.leaves, other.leaves)
        self.price_e4 = (max if self.side is Side.BUY else min)(self.price_e4, other.price_e4)
        self.crosses |= other.crosses
        self.changing = True


@dataclass(slots=True)
class Leaves:
    """Units of one position that may still be bought and sold."""

    buys: int = 0
    sells: int = 0


@dataclass(slots=True)
class Exposure:
    """`revision` rises with each change; `changed` holds the positions touched since somebody emptied it."""

    revision: int = 0
    open_all: int = 0
    unknown_all: int = 0
    changed: set[PositionKey] = field(default_factory=set)
    unknown: dict[InstrumentKey, int] = field(default_factory=dict)
    _counts: dict[str, _Count] = field(default_factory=dict)
    _leaves: dict[PositionKey, Leaves] = field(default_factory=dict)
    _open: dict[InstrumentKey, int] = field(default_factory=dict)
    _own: dict[InstrumentKey, dict[str, _Count]] = field(default_factory=dict)
    _best: dict[InstrumentKey, tuple[int, int]] = field(default_factory=dict)
    _fills: dict[InstrumentKey, deque[tuple[str, int]]] = field(default_factory=dict)

    def set(self, order: Order) -> None:
        """Count an order as it stands now, in place of how it stood."""
        before, after = self._counts.pop(order.tag, None), _count(order)
        changing = order.change == "modify" or (order.change != "" and before is not None and before.changing)
        if before is not None and after is not None and changing:
            after.widen(before)
        if before is not None:
            self._add(order.tag, before, -1)
        if after is not None:
            self._counts[order.tag] = after
            self._add(order.tag, after, 1)
        if before is not None or after is not None:
            self.revision += 1

    def drop(self, tag: str) -> None:
        """Forget an order that no longer exists as a row of its own."""
        before = self._counts.pop(tag, None)
        if before is not None:
            self._add(tag, before, -1)
            self.revision += 1

    def clear(self) -> None:
        for tag in tuple(self._counts):
            self.drop(tag)

    def filled(self, order: Order) -> None:
        """An order got another fill; orders are counted here, not their parts."""
        recent = self._fills.setdefault(order.key, deque(maxlen=FILLS_MAX))
        if not recent or recent[-1][0] != order.tag:
            recent.append((order.tag, order.updated_ns))

    def filled_since(self, key: InstrumentKey, since_ns: int) -> int:
        """Orders of an instrument that were filled, whole or in part, after a market time."""
        recent = self._fills.get(key)
        return len({tag for tag, at_ns in recent if at_ns > since_ns}) if recent else 0

    def leaves(self, position: PositionKey) -> Leaves:
        return self._leaves.get(position) or Leaves()

    def positions(self) -> tuple[PositionKey, ...]:
        """Those with anything that may still trade."""
        return tuple(self._leaves)

    def open_here(self, key: InstrumentKey) -> int:
        return self._open.get(key, 0)

    def own_best(self, key: InstrumentKey) -> tuple[int, int]:
        """Our best resting buy and sell, 1/10,000 rupee; 0 where there is none."""
        best = self._best.get(key)
        if best is None:
            best = self._best[key] = self._find_best(key)
        return best

    def _find_best(self, key: InstrumentKey) -> tuple[int, int]:
        own = self._own.get(key)
        if not own:
            return NOTHING
        buys = [c.price_e4 for c in own.values() if c.side is Side.BUY]
        sells = [c.price_e4 for c in own.values() if c.side is Side.SELL]
        return max(buys, default=0), min(sells, default=0)

    def _add(self, tag: str, count: _Count, sign: int) -> None:
        leaves = self._leaves.setdefault(count.position, Leaves())
        if count.side is Side.BUY:
            leaves.buys += sign * count.leaves
        else:
            leaves.sells += sign * count.leaves
        if not leaves.buys and not leaves.sells:
            del self._leaves[count.position]
        self.changed.add(count.position)
        if count.live:
            self.open_all += sign
            _bump(self._open, count.key, sign)
        if count.unknown:
            self.unknown_all += sign
            _bump(self.unknown, count.key, sign)
        if count.crosses:
            self._cross(tag, count, sign)

    def _cross(self, tag: str, count: _Count, sign: int) -> None:
        own = self._own.setdefault(count.key, {})
        self._best.pop(count.key, None)
        if sign > 0:
            own[tag] = count
        else:
            own.pop(tag, None)
        if not own:
            del self._own[count.key]


def _bump(counts: dict[InstrumentKey, int], key: InstrumentKey, sign: int) -> None:
    now = counts.get(key, 0) + sign
    if now:
        counts[key] = now
    else:
        counts.pop(key, None)


def _count(order: Order) -> _Count | None:
    leaves, state = order.leaves, order.state
    if not leaves and not state.live:
        return None
    return _Count(
        position=PositionKey(order.exchange, order.token, order.product),
        key=order.key,
        side=order.side,
        leaves=leaves,
        live=state.live,
        unknown=state in (OrderState.UNKNOWN, OrderState.UNCONFIRMED),
        crosses=state.live and order.order_type in _RESTING and state is not OrderState.TRIGGER_PENDING,
        price_e4=order.price_e4,
        changing=False,
    )

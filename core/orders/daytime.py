"""The Indian day and second of a market time, by arithmetic: asked at each judgement, so no date is built twice."""

from functools import lru_cache

from core.clock import NS_PER_S, ist_day

_OFFSET_S, _DAY_S = 19_800, 86_400


def second_of_day(wall_ns: int) -> int:
    """Seconds since Indian midnight."""
    return (wall_ns // NS_PER_S + _OFFSET_S) % _DAY_S


def day_of(wall_ns: int) -> str:
    """`YYYY-MM-DD` in Indian time."""
    return _text((wall_ns // NS_PER_S + _OFFSET_S) // _DAY_S)


@lru_cache(maxsize=8)
def _text(day: int) -> str:
    return ist_day((day * _DAY_S - _OFFSET_S) * NS_PER_S)

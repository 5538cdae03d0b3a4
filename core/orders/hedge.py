"""Which short options of one underlying stand without cover. Pure."""

from collections.abc import Iterable

from core.domain import Instrument, Kind


def naked_units(nets: Iterable[tuple[Instrument, int]]) -> int:
    """Units of short options that neither a long option of the same right nor the underlying covers.

    `nets` are positions of one underlying: instrument and signed units. Strikes and expiries are not weighed: a cover
    that is poor still counts as one, so this never cries over what covers, and names the loss of the last cover.
    """
    short_calls = long_calls = short_puts = long_puts = straight = 0
    for instrument, net in nets:
        if instrument.kind is not Kind.OPTION:
            straight += net
        elif instrument.symbol.endswith("PE"):
            short_puts, long_puts = short_puts + max(0, -net), long_puts + max(0, net)
        else:
            short_calls, long_calls = short_calls + max(0, -net), long_calls + max(0, net)
    calls = max(0, short_calls - long_calls - max(0, straight))
    return calls + max(0, short_puts - long_puts - max(0, -straight))

"""Why a mutant may survive: it changes nothing that anybody can see. Keyed by module and label (see mutants.py)."""

_TINY = "differs only at one ten-thousandth of a rupee, which is no price"
_EDGE = "the far edge of what counts as a fact at all; no price or sum lies exactly there"
_SAME = "both give the same when the two are equal"

EXPLAINED: dict[tuple[str, str], str] = {
    (
        "core/orders/checks/structure.py",
        "trigger_fits: `last is None or not last > 0 or trigger <= 0 or trigger % f.tick_e4` to "
        "`last is None or not last > 1 or trigger <= 0 or trigger % f.tick_e4`",
    ): _TINY,
    (
        "core/orders/checks/market.py",
        "takes_liquidity: `0 < i.price_e4 <= f.bid_e4` to `0 <= i.price_e4 <= f.bid_e4`",
    ): ("a price of 0 is denied by G13 and G16 whatever the book"),
    (
        "core/orders/checks/market.py",
        "book_bears: `f.bid_e4 <= 0 or f.ask_e4 <= 0` to `f.bid_e4 <= 0 or f.ask_e4 <= 1`",
    ): _TINY,
    (
        "core/orders/checks/exposure.py",
        "within_position: `0 < mark <= MONEY_MAX_E4` to `0 < mark < MONEY_MAX_E4`",
    ): _EDGE,
    ("core/orders/checks/exposure.py", "within_position: `i.price_e4 > mark` to `i.price_e4 >= mark`"): _SAME,
    ("core/orders/checks/exposure.py", "units: `rest > f.old_leaves` to `rest >= f.old_leaves`"): _SAME,
    (
        "core/orders/gate.py",
        "__init__: `self._epoch = 0` to `self._epoch = 1`",
    ): "where the count of epochs begins means nothing",
}

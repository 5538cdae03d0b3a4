"""The broker's error codes that mean something definite. Everything else is doubt."""

TOKEN = frozenset({"AG8001", "AG8002", "AG8003", "AB8050", "AB8051", "AB1010", "AB1011"})
"""The session is no longer valid: log in again (SmartAPI "Exceptions" page; AG8001 captured 2026-03)."""

ADDRESS = "AG7002"
"""The sender's IP address is not registered (captured_error_AG7002_placeOrder_2026-04)."""

RATE = frozenset({"AB1019", "AB1021"})
"""Too many requests, in JSON form."""

UNCERTAIN = frozenset({"AB1004", "AB2000", "AB2001"})
"""Catch-alls of the service: as good as no answer."""

REFUSED = frozenset({"AB1008", "AB1009", "AB1012", "AB1018", "AB1020", "AB4008"})
"""Refusals of an order that are definite: variety, symbol, product, symbol details, order type, tag too long.

AB1020 was captured live on placeOrder (captured_error_AB1020_placeOrder_2025-09). AB1007 is not here: the order engine
uses it for everything, and a code enters only with evidence that no order can come of it.
"""

NO_SUCH_ORDER = "AB1013"
"""Cancel or modify of an order that is not there or finished: the change was not done."""

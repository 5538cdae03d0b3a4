"""What the servers need of a practice day or a replay: the seam between the exchange's inside and its wire."""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from core.clock import AnchoredClock
from core.exchange.edis import Edis
from core.exchange.gtt import RuleBook
from core.exchange.ledger.conversion import ConvertBody
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.rows import Row
from core.exchange.rules import OrderBody
from core.exchange.snapshot import Market
from core.exchange.switches import Switches


class Venue(Protocol):
    """All rows are in wire shape. `step` brings everything to the clock's time, which begins at `start_ns`.

    With `most` it does about so much market work and tells whether all is done.
    """

    shows_each: bool
    """Whether changes are published after every step, so that none is covered by the next."""
    clock: AnchoredClock
    on_push: Callable[[str, Row], None]
    run: int
    seed: int
    day: date
    start_ns: int
    switches: Switches
    client_code: str

    @property
    def rules(self) -> RuleBook | None:
        """The account's GTT rules; None where there is no account."""

    @property
    def edis(self) -> Edis | None: ...

    @property
    def market(self) -> Market: ...

    def now_ns(self) -> int: ...
    def step(self, most: int | None = None) -> bool: ...
    def place(self, body: OrderBody, external: bool = False, reject_text: str = "") -> OwnOrder | Refusal: ...
    def modify(self, body: OrderBody) -> OwnOrder | Refusal: ...
    def cancel(self, body: OrderBody) -> OwnOrder | Refusal: ...
    def convert(self, body: ConvertBody) -> Refusal | None: ...
    def holding_rows(self) -> list[Row]: ...
    def holdings_total(self) -> Row: ...
    def order_rows(self) -> list[Row]: ...
    def order_row(self, unique_id: str) -> Row | None: ...
    def trade_rows(self) -> list[Row]: ...
    def position_rows(self) -> list[Row]: ...
    def funds_row(self) -> Row: ...
    def note(self, path: str, body: str) -> None: ...
    def close(self) -> None: ...

"""The desk: what the screen sees of the engine and asks of it. Holds nothing but the list being watched."""

from collections.abc import Sequence

from core.clock import Clock, ist_day
from core.domain import Exchange, Instrument, InstrumentKey, OrderIntent, Position, PositionKey
from core.engine.bundles import slices
from core.engine.engine import Engine
from core.facts import Operation
from core.marketviews import Chains, Charts, Lists, Replay
from core.secret import Secret
from core.standing import BooksReport
from core.views import (
    AccountView,
    Choice,
    EventView,
    GuardStatus,
    Headroom,
    OrderView,
    PanicPlan,
    PositionView,
    QuoteView,
    Status,
    Submitted,
    Unanswered,
    Verdict,
)

CANCEL_WORD = "CANCEL"


class EngineDesk:
    """Implements `core.views.Desk`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._parts = engine.parts
        self._account = engine.account
        self._intents = 0

    @property
    def clock(self) -> Clock:
        return self._parts.clock

    @property
    def quotes(self) -> QuoteView:
        return self._parts.board

    @property
    def orders(self) -> OrderView:
        return self._engine.blotter

    @property
    def positions(self) -> PositionView:
        return self._engine.positions

    @property
    def account(self) -> AccountView:
        return self._account

    @property
    def events(self) -> EventView:
        return self._engine.events

    def watchlist(self) -> tuple[Instrument, ...]:
        return self._engine.market.lists.shown()

    def pins(self) -> tuple[Instrument, ...]:
        return self._engine.market.lists.pins()

    @property
    def lists(self) -> Lists:
        return self._engine.market.lists

    @property
    def charts(self) -> Charts:
        return self._engine.market.charts

    @property
    def chains(self) -> Chains:
        return self._engine.market.chains

    @property
    def replay(self) -> Replay | None:
        return None

    @property
    def elsewhere(self) -> str:
        return self._parts.elsewhere

    def instrument(self, key: InstrumentKey) -> Instrument | None:
        return self._parts.instruments.get(key)

    def search(self, text: str, limit: int) -> tuple[Instrument, ...]:
        return self._parts.instruments.search(text, limit, ist_day(self.clock.wall_ns()))

    def search_note(self) -> str:
        return self._parts.instruments.note

    def preset_quantity(self, instrument: Instrument) -> int:
        """The configured size, in whole lots, at least one."""
        lot = max(1, instrument.lot)
        return max(lot, self._parts.config.screen.preset_quantity // lot * lot)

    def forbidden(self, operation: Operation) -> str:
        authority = self._engine.authority
        if operation is Operation.KILL:
            return ""
        if operation is Operation.CANCEL:
            return authority.mode_text(operation, False) or authority.session_text()
        return (
            authority.halted_text()
            or authority.mode_text(operation, False)
            or authority.session_text()
            or authority.store_text()
            or authority.reconciled_text()
        )

    def check(self, intent: OrderIntent) -> Verdict:
        return self._engine.gate.check(intent)

    def headroom(self, intent: OrderIntent) -> Headroom:
        return self._engine.gate.headroom(intent)

    def submit(self, intent: OrderIntent) -> Submitted:
        return self._engine.orders.submit(intent)

    def cancel(self, tag: str, typed: str = "") -> Submitted:
        if typed and typed != CANCEL_WORD:
            return Submitted(
                refused=f"type {CANCEL_WORD} in capitals to cancel; {typed!r} was typed. Nothing was sent."
            )
        return self._engine.orders.cancel(tag, confirmed=bool(typed))

    def modify(self, tag: str, quantity: int, price_e4: int, trigger_e4: int = 0) -> Submitted:
        return self._engine.orders.modify(tag, quantity, price_e4, trigger_e4)

    def books(self) -> BooksReport | None:
        return self._engine.books_report()

    def reconcile(self) -> None:
        self._engine.reconcile_now()

    def split(self, intent: OrderIntent) -> tuple[OrderIntent, ...]:
        return slices(intent)

    def submit_all(self, intents: Sequence[OrderIntent]) -> tuple[Submitted, ...]:
        return self._engine.bundles.submit_all(intents)

    def exit(self, key: PositionKey) -> tuple[Submitted, ...]:
        return self._close([p for p in self._engine.positions.positions() if p.key == key], "exit")

    def flatten(self) -> tuple[Submitted, ...]:
        return self._close([p for p in self._engine.positions.positions() if p.net], "flatten")

    def reverse(self, key: PositionKey) -> tuple[Submitted, ...]:
        held = next((p for p in self._engine.positions.positions() if p.key == key), None)
        self._intents += 1
        legs = "no such position. Nothing was sent."
        if held is not None:
            found = self._engine.bundles.exit_intents(held, f"reverse-{self._intents}", "reverse", times=2)
            if not isinstance(found, str):
                return self._engine.bundles.submit_all(found)
            legs = found
        return (Submitted(refused=legs),)

    def _close(self, held: list[Position], source: str) -> tuple[Submitted, ...]:
        self._intents += 1
        if not held:
            return (Submitted(refused="no open position. Nothing was sent."),)
        return self._engine.bundles.close(held, f"{source}-{self._intents}", source)

    def send_again(self, tag: str) -> OrderIntent | None:
        self._intents += 1
        return self._engine.orders.again(tag, f"again-{tag}-{self._intents}")

    def unanswered(self, tag: str) -> Unanswered | None:
        return self._engine.choices.unanswered(tag)

    def decide(self, tag: str, choice: Choice) -> Submitted:
        return self._engine.choices.decide(tag, choice)

    def send_beside(self, tag: str, typed: str) -> OrderIntent | str:
        self._intents += 1
        return self._engine.choices.beside(tag, typed, f"beside-{tag}-{self._intents}")

    def panic_plan(self) -> PanicPlan:
        return PanicPlan(self._engine.orders.cancellable(), self._engine.authority.halted_ns is not None)

    def cancel_all(self) -> int:
        return self._engine.orders.cancel_all()

    def halt(self, why: str) -> None:
        self._engine.halt(why)

    def retry_circuit(self, name: str) -> Submitted:
        if self._engine.circuits.retry(name):
            return Submitted(tag="the next test is due now")
        return Submitted(refused=f"{name} waits for no test, or was tested less than 2 s ago")

    def force_circuit(self, name: str) -> Submitted:
        held = self._engine.circuits.force(name)
        return Submitted(tag="held open by hand" if held else "judges itself again, beginning with a test")

    def resume(self, typed: str) -> Submitted:
        if self._engine.lockout.locked:
            return Submitted(refused="the screen is locked: unlock it first, then undo the halt")
        if typed != "RESUME":
            return Submitted(refused=f"type RESUME in capitals to undo the halt; {typed!r} was typed")
        self._engine.resume()
        return Submitted(tag="resumed")

    def guard(self) -> GuardStatus:
        lockout, limits = self._engine.lockout, self._engine.limits
        return GuardStatus(
            has_vault=lockout.has_vault,
            locked=lockout.locked,
            wait_s=lockout.wait_s(),
            busy=lockout.busy,
            said=lockout.said,
            loosened=limits.waiting(),
            due_s=limits.due_s(),
        )

    def touched(self) -> None:
        self._engine.lockout.touched()

    def lock(self) -> Submitted:
        why = self._engine.lockout.lock()
        return Submitted(refused=why) if why else Submitted(tag="locked")

    def unlock(self, password: Secret) -> None:
        self._engine.lockout.unlock(password)

    def confirm_limits(self, typed: Secret) -> Submitted:
        why = self._engine.limits.confirm(typed)
        return Submitted(refused=why) if why else Submitted(tag="confirmed")

    def keep_limits(self) -> None:
        self._engine.limits.keep()

    def status(self) -> Status:
        parts, engine = self._parts, self._engine
        now_ns = parts.clock.wall_ns()
        session = parts.session(Exchange.NSE, now_ns)
        made = self._account.totals()
        return Status(
            mode_word=parts.mode_word,
            account=engine.session.account,
            ladder=engine.ladder.mode,
            probation=engine.circuit.in_probation(),
            causes=engine.ladder.causes(),
            market_ns=now_ns,
            session_word=session.word,
            closes_in_s=session.closes_in_s,
            streams=(parts.feed.status(), parts.updates.status()),
            circuits=engine.circuits.statuses(),
            fresh=parts.board.fresh_count(),
            wanted=engine.wanted,
            dropped_frames=parts.feed.malformed,
            orders_last_second=engine.rates.used_last_second(),
            orders_per_second_max=engine.rates.per_second,
            open_pnl_e4=made.open_e4,
            realised_e4=made.realised_e4,
            waiting="" if engine.online() else engine.authority.login_text,
            loop_lag_ms=engine.pulse.loop_lag_ms,
            journal_word=parts.journal.healthy() or "saving",
        )

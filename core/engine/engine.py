"""The engine: owns all state and all tasks of one account, outside any screen. Nothing but it calls the rooms."""

from collections.abc import Iterable, Mapping

from core.approval import Approved
from core.bus import Bus
from core.clock import NS_PER_S, ist_day
from core.config import Limits
from core.domain import Order, OrderIntent
from core.engine import words
from core.engine.account import Account
from core.engine.adopt import Adopter
from core.engine.authority import Authority
from core.engine.books import Books
from core.engine.bundles import Bundles
from core.engine.byhand import CircuitDesk
from core.engine.choices import Choices
from core.engine.circuit import OrderCircuit
from core.engine.dispatch import Dispatcher
from core.engine.earlier import Earlier
from core.engine.eventlog import EventLog
from core.engine.facts_for_gate import UNREGISTERED
from core.engine.gating import make_gate
from core.engine.keepers import keep_watch, keepers
from core.engine.lasting import Lasting
from core.engine.lockout import CAUSE as LOCK_CAUSE
from core.engine.market import MarketDesk
from core.engine.orderdesk import OrderDesk
from core.engine.parts import Parts
from core.engine.pulse import Pulse
from core.engine.reconciler import Reconciler
from core.engine.records import Recorder
from core.engine.session import SessionKeeper
from core.engine.trail import Trail
from core.engine.words import change
from core.facts import Cause, EngineFault, EventKind, LadderMode, ModeChanged, Operation, OrderChanged
from core.orders.blotter import Blotter
from core.orders.positions import Positions
from core.outcome import Outcome, Refused, RefusedBy, Unknown
from core.ports import BrokerOrder, OrderRecord
from core.resilience.breaker import orders_breaker
from core.resilience.ladder import Ladder
from core.resilience.rates import OrderRates
from core.standing import BooksReport
from core.supervise import Supervisor

HALT_KEY = "halt"
SLEPT_NS = 30 * NS_PER_S
"""Market time that ran so far from the monotonic clock between two beats: nobody watched meanwhile."""
DRAIN_S = 2.0  # an order without an answer by then is stored as UNKNOWN and looked for at the next start
SOFT_CONFIRM_S = 1.0
"""How soon an end that only an order update told is looked up in the book."""
STOP_S = 2.0


class Engine:
    """Built from parts; `restore`, `start`, `stop`. Public attributes are for the desk and for tests to read."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        clock = parts.clock
        self.bus = Bus()
        self.ladder = Ladder(clock, self._mode_changed)
        self.circuit = OrderCircuit(clock, orders_breaker(clock, parts.random))
        self.rates = OrderRates(clock, parts.config.limits.orders_per_second_max)
        self.events = EventLog(clock, parts.mirror)
        self.supervisor = Supervisor(clock, self._fault)
        self.blotter = Blotter(self._order_changed)
        self.positions = Positions(self.blotter)
        self._halt_kept = Lasting(HALT_KEY, parts.meta.store_meta, clock, self.supervisor, self._halt_unsaved)
        self.recorder = Recorder(clock, parts.run)
        self.trail = Trail(parts, self.recorder)
        self.authority = self._authority()
        self.lockout, self.limits = keepers(
            parts, self.ladder, self.supervisor, self._use_limits, self.events.add, self.trail.tell
        )
        self.gate_facts, self.gate = make_gate(
            parts, self.limits_in_force, self.authority, self.blotter, self.positions, self.rates
        )
        self.earlier = Earlier(parts.journal.finish, self.events.add)
        self._adopter = Adopter(clock, self.blotter, parts.tags, parts.run, self.events.add, self.halt, self.earlier)
        self._dispatcher = Dispatcher(
            clock, self.supervisor, parts.journal, self.recorder, parts.broker, self.blotter, self.circuit,
            self._settled,
        )  # fmt: skip
        self.books = Books(clock, parts.broker, self.blotter, self._adopter, self.circuit, self)
        self.circuits = CircuitDesk(self.circuit, parts.broker, self.books.look_soon, self.trail.tell)
        self._reconciler = self._make_reconciler()
        self.session = SessionKeeper(clock, parts.broker, parts.random, self._logged_in, self._login_failed)
        self.pulse = self._make_pulse()
        self._day = ist_day(clock.wall_ns())
        self._apart_ns = clock.wall_ns() - clock.mono_ns()
        self.orders = OrderDesk(
            clock, self.gate, self.blotter, self._dispatcher, parts.tags, parts.instruments.get,
            lambda: self.ladder.mode >= LadderMode.READ_ONLY, self.supervisor, self.events.add, self._look,
        )  # fmt: skip
        self.choices = Choices(
            clock, self.blotter, self.positions, self.gate, self.orders, self.events.add, self.trail.tell
        )
        parts.broker.tell_late(self._late)
        self.account = Account(self)
        self.bundles = Bundles(
            clock, self.gate, self.blotter, self._dispatcher, self.orders, parts.board, parts.instruments.get,
            self.account.protection.through_e4, self.supervisor, self.events.add,
        )  # fmt: skip
        self.market = MarketDesk(parts, self.positions, self.supervisor, self.want)
        self.wanted, self._updates_seen = 0, False

    def limits_in_force(self) -> Limits:
        """The one answer to which limits hold now; `limits` owns them."""
        return self.limits.running.limits

    def _use_limits(self, limits: Limits) -> None:
        """Whoever must do something when limits take force; everybody else asks `limits_in_force` each time."""
        self.gate.use(limits)
        self.rates.use(limits.orders_per_second_max)
        self.parts.board.use(limits)

    def _make_reconciler(self) -> Reconciler:
        return Reconciler(
            self.parts.clock, self.parts.broker, self.blotter, self.positions, self._adopter, self.events.add,
            self._step, self.parts.label, self.parts.ledger.book,
        )  # fmt: skip

    def _make_pulse(self) -> Pulse:
        told = (self.halt, self._roll_day, self.books.look_soon, self.events.add)
        return Pulse(self.parts, self.ladder, self.circuit, self.authority, self.gate, *told)

    def _authority(self) -> Authority:
        return Authority(
            clock=self.parts.clock,
            ladder_forbids=self._mode_forbids,
            probation_full=self._probation_full,
            store_healthy=lambda: self.parts.journal.healthy() or self.parts.audit.healthy(),
            market_closed=lambda instrument: self.parts.closed_text(instrument),
            writes_sent=lambda: self.parts.broker.writes_sent,
            look_only=self.parts.look_only,
        )

    def _mode_forbids(self, operation: Operation, confirmed: bool) -> str:
        if operation is Operation.REDUCE and self.account.protection.acting:  # set before the screen was locked
            return self.ladder.forbids(operation, confirmed=confirmed, beside=LOCK_CAUSE)
        return self.lockout.forbids(operation) or self.ladder.forbids(operation, confirmed=confirmed)

    def restore(
        self,
        records: Iterable[OrderRecord],
        halted: str = "",
        kept: Mapping[str, str] | None = None,
        earlier: Iterable[OrderRecord] = (),
    ) -> None:
        """Take up the orders of the day as the journal has them, a halt that was in force, what protects, and the
        orders of `earlier` days that nobody called finished."""
        self.earlier.hold(self.recorder.restore(earlier))
        for order in self.recorder.restore(records):
            self.blotter.put(order, "restored")
        self.account.restore(kept or {})
        if halted:
            self._set_halt(halted)

    def start(self) -> None:
        """Start every task; nothing is waited for."""
        self.trail.tell("engine.start", {"run": self.parts.run, "look_only": self.parts.look_only})
        self._raise_reconcile("checking orders with the broker")
        self.want()
        keep = self.supervisor.keep
        self.limits.announce()
        keep("pulse", self.pulse.run)
        keep("guard", lambda: keep_watch(self.parts.clock, self.lockout, self.limits))
        keep("session", self.session.run)
        keep("feed", self.parts.feed.run)
        keep("updates", lambda: self.parts.updates.run(self._update, self._updates_connected))
        keep("books", self.books.run)
        self.account.start()
        keep("circuits", self.parts.broker.tend)
        keep("funds", lambda: self.gate_facts.watch_funds(self.online))
        self.market.start()

    async def stop(self) -> tuple[str, ...]:
        """Let answers that are under way come in, then end every task; gives the names of those that would not.

        From the first instant on nothing new is taken, and an approval that has not reached the wire is taken back.
        """
        self.orders.closing = True
        self.gate.raise_epoch()
        deadline_ns = self.parts.clock.mono_ns() + round(DRAIN_S * 1e9)
        while (self._dispatcher.in_flight or not self._halt_kept.stored) and self.parts.clock.mono_ns() < deadline_ns:
            await self.parts.clock.sleep(0.02)
        self.trail.tell("engine.stop", {"in_flight": self._dispatcher.in_flight})
        return await self.supervisor.stop(STOP_S)

    def want(self) -> None:
        """Subscribe what is held, pinned, looked at or watched, in this order of importance."""
        wanted = (*self.account.wanted(), *self.market.wanted())
        unique = tuple({i.key: i for i in wanted}.values())
        for instrument in unique:
            self.parts.board.add(instrument)
        self.wanted = len(unique)
        self.parts.feed.want(unique)

    def halt(self, why: str) -> None:
        """First the gate, then everything else: from here on nothing new leaves."""
        self._set_halt(why)
        self._halt_kept.put(self.authority.halt_reason)

    def resume(self) -> None:
        self.authority.halted_ns = None
        self.trail.tell("resume", {"was": self.authority.halt_reason})
        self.ladder.clear("HALT")
        self._halt_kept.put("")
        self.events.add(EventKind.MODE, "halt undone", True)

    def _halt_unsaved(self, why: str) -> None:
        what = "the halt" if self.authority.halted_ns is not None else "that the halt was undone"
        self.events.add(EventKind.MODE, f"{what} could not be saved: {why}. It is tried again until it is.", True)

    def broker_gone(self, why: str) -> None:
        """The other side's process ended: read-only at once, until `broker_back`."""
        self.ladder.raise_cause("BROKER", LadderMode.READ_ONLY, why)
        self.authority.login_text = why
        self.gate.raise_epoch()

    def broker_back(self) -> None:
        """A new process answers at a new address: log in again, then compare the books."""
        self._roll_day()
        self._raise_reconcile("checking orders with the broker")
        self.ladder.clear("BROKER")
        self.circuit.retry_now()
        self.session.again()

    # What the book reader asks.

    def online(self) -> bool:
        return not self.authority.login_text

    def socket_up(self) -> bool:
        return self.pulse.updates_heard()

    def books_report(self) -> BooksReport | None:
        return self._reconciler.last

    def reconcile_now(self) -> None:
        """Asked for by a person."""
        self._reconcile_soon("on demand")

    async def read_trades(self) -> bool:
        return await self._reconciler.trades()

    def book_read(self) -> None:
        self.gate.book.changes.read()

    def auth_failed(self) -> None:
        self.session.again()

    async def reconcile(self, reason: str) -> bool:
        self._raise_reconcile("checking orders with the broker")
        problem = await self._reconciler.run(reason, self.books.read_book)
        await self.gate_facts.learn_funds()
        self.authority.reconcile_text = problem
        report = self._reconciler.last
        if report is not None:
            self.gate_facts.reduce_only = {d.key: f"MISMATCH {d.text}" for d in report.differences}
        self.trail.tell("reconcile", {"reason": reason, "problem": problem})
        if problem:
            self._raise_reconcile(problem)
            return False
        self.earlier.compared()
        self.gate_facts.positions_read()
        self.circuit.reconciled()
        self.ladder.clear("RECONCILE")
        self.want()
        return True

    # What the tasks report.

    def _order_changed(self, before: Order | None, after: Order, source: str) -> None:
        if source not in ("gate", "restored"):
            self.parts.journal.record(self.recorder.record(after, source))
        if source == "gate":
            self.books.order_left()
        self.trail.order(before, after, source)
        line = change(before, after)
        if line is not None and source != "restored":
            self.events.add(EventKind.ORDER, *line)
        failed = words.exit_failed(before, after, self.positions.net(after.position))
        if failed and source != "restored":
            self.events.add(EventKind.RISK, failed, True)
        if after.filled and (before is None or after.filled > before.filled) and source in ("socket", "book"):
            self.books.trades_soon()
        self.bus.publish(OrderChanged(after))

    def _look(self, tag: str, intent: OrderIntent) -> None:
        self.trail.asked(tag, intent, self.gate.check(intent), self.positions, self.ladder.mode)

    def _settled(self, tag: str, outcome: Outcome) -> None:
        self.trail.answer(tag, outcome)
        match outcome:
            case Refused() as refused:
                self._refused(tag, refused)
            case Unknown(why):
                self.events.add(EventKind.ORDER, f"no answer for {tag}: {why}; looking for it", True)
        self.books.look_soon(0.5)

    def _late(self, approved: Approved, outcome: Outcome) -> None:
        what = f"a late answer for {approved.order.tag} ({approved.action.value})"
        self.events.add(EventKind.ORDER, f"{what}: {words.brief(outcome)}", True)
        self.supervisor.once("late answer", self._dispatcher.late(approved, outcome))

    def _refused(self, tag: str, refused: Refused) -> None:
        held = self.blotter.get(tag)
        if refused.code == UNREGISTERED:
            self.gate_facts.address_refused(f"{refused.code}: {refused.text}")
        elif refused.by is RefusedBy.AUTH:
            self.session.again()
        elif held is not None and held.broker_id:  # it stands at the broker, so a change of it was refused
            self.gate.book.changes.refused(tag)

    def _update(self, row: BrokerOrder) -> None:
        self._adopter.take(row, "socket")
        held = self.blotter.find(row)
        if held is not None and held.soft:
            self.books.look_soon(SOFT_CONFIRM_S)

    def _updates_connected(self) -> None:
        if self._updates_seen:
            self._reconcile_soon("after the order updates reconnected")
        self._updates_seen = True

    def _logged_in(self, account: str) -> None:
        self.authority.login_text = ""
        self.gate_facts.address_accepted()
        self.ladder.clear("AUTH")
        self.events.add(EventKind.SYSTEM, "logged in")
        self.trail.tell("login", {})
        self._reconcile_soon("after login")

    def _login_failed(self, failures: int, why: str, wait_s: float) -> None:
        self.authority.login_text = f"not logged in: {why}"
        self.trail.tell("login.failed", {"times": failures, "why": why})
        if failures >= 3:
            next_ns = self.parts.clock.mono_ns() + round(wait_s * 1e9)
            self.ladder.raise_cause("AUTH", LadderMode.READ_ONLY, f"login failed {failures} times: {why}", next_ns)

    def _mode_changed(self, before: LadderMode, after: LadderMode, causes: tuple[Cause, ...]) -> None:
        if after > before:
            self.gate.raise_epoch()
        why = f": {causes[0].text}" if causes else ""
        told = [f"{c.code}: {c.text}" for c in causes]
        self.trail.tell("ladder", {"before": before.word, "after": after.word, "causes": told})
        self.events.add(EventKind.MODE, f"{before.word} to {after.word}{why}", after >= LadderMode.READ_ONLY)
        self.bus.publish(ModeChanged(before, after, causes))

    def _fault(self, where: str, error: str) -> None:
        self.events.add(EventKind.SYSTEM, f"{where} failed: {error}", True)
        self.trail.tell("fault", {"where": where, "error": error})
        if "InvariantBroken" in error:
            self.halt(f"a rule that must always hold was broken in {where}; restart and report it")
        self.bus.publish(EngineFault(where, error))

    def _set_halt(self, why: str) -> None:
        self.authority.halted_ns = self.parts.clock.wall_ns()
        self.authority.halt_reason = why
        self.gate.raise_epoch()
        self.trail.tell("halt", {"why": why})
        self.ladder.raise_cause("HALT", LadderMode.HALTED, why, linger_s=0)
        self.events.add(EventKind.MODE, f"HALTED: {why}. Cancels still work.", True)

    def _reconcile_soon(self, reason: str) -> None:
        """From this instant on nothing opens: what happened while nobody listened is not known."""
        self._raise_reconcile("checking orders with the broker")
        self.books.reconcile_soon(reason)

    def _roll_day(self) -> None:
        """Another trading day began: yesterday's orders are in the journal, today's books start empty."""
        day = ist_day(self.parts.clock.wall_ns())
        apart_ns = self.parts.clock.wall_ns() - self.parts.clock.mono_ns()
        slept_ns, self._apart_ns = abs(apart_ns - self._apart_ns), apart_ns
        if day == self._day:
            if slept_ns > SLEPT_NS:
                self._reconcile_soon("after the computer slept or its clock was set")
            return
        self._day = day
        self.earlier.hold(self.blotter.orders())
        self.blotter.clear()
        self.positions.set_openings({})
        self._reconciler.opened = False
        self.market.new_day()
        self.events.add(EventKind.SYSTEM, f"trading day {day}")
        self._reconcile_soon("on a new trading day")

    def _raise_reconcile(self, text: str) -> None:  # the clean comparison itself is the proof: nothing lingers
        self.authority.reconcile_text = text
        self.ladder.raise_cause("RECONCILE", LadderMode.REDUCE_ONLY, text, linger_s=0)

    def _probation_full(self) -> bool:
        return self.circuit.in_probation() and self._dispatcher.in_flight > 0

    def _step(self, text: str) -> None:
        self.authority.reconcile_text = text

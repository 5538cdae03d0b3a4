"""`python -m tests.security.canary_flows HOME`: 40 secrets from stdin through login, failure, crash, export and lock.

Every flow writes down whatever a careless line of code could: objects that hold secrets, answers that repeat them,
texts and tracebacks in which they stand. It ends by an exception that nobody catches.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import click

from core.approval import Action, Approved, mint
from core.brokers.angel import AngelBroker
from core.brokers.session import Credentials
from core.bus import Bus
from core.clock import SystemClock, ist_day
from core.domain import Exchange, Instrument, Kind, Order, OrderState, OrderType, Product, Side, Validity
from core.engine.eventlog import EventLog
from core.engine.records import Recorder
from core.errors import UserError
from core.facts import Cause, Event, EventKind, LadderMode, ModeChanged, OrderChanged
from core.secret import Secret
from core.store.audit.log import AuditLog
from core.store.backup import create
from core.store.instance import InstanceLock
from core.store.journal import OrderJournal
from core.store.migrate import prepare
from core.store.writer import Writer
from core.telemetry.logs import logger, setup
from core.telemetry.redact import redact
from core.vault.envelope import Kdf
from core.vault.marks import FileMarks
from core.vault.vault import FILE, Vault
from terminal.hardening import harden
from terminal.recording import Recording
from tests.brokers.rest import Answer, FakeRest, Request, ok, refused, reply

KINDS = ("password", "pin", "seed", "api_key", "jwt", "refresh", "feed", "header")
FLOWS = ("login", "failure", "crash", "export", "lock")
SHARE = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
Canaries = dict[str, str]


class Run:
    """One home, its log, its store, its audit log, its tape, its screen (stdout)."""

    def __init__(self, home: Path, journal: OrderJournal, audit: AuditLog, tape: Recording) -> None:
        self.home, self.journal, self.clock = home, journal, SystemClock()
        self.audit, self.tape, self.bus = audit, tape, Bus()
        tape.listen(self.bus)
        self.log = logger("canary")
        self.recorder = Recorder(self.clock, "1")
        self.events = EventLog(self.clock, self._mirror)

    def _mirror(self, event: Event) -> None:
        self.log.info("event", text=event.text)
        click.echo(event.text)

    def say(self, *things: object) -> None:
        """To the event pane, the log file by name and by position, another library's logger, the audit log as a text
        and inside a table, and the tape as a text, a frame, an order and a mode."""
        for thing in things:
            self.events.add(EventKind.SYSTEM, f"{thing}")
            self.log.info("said", thing=thing, nested=[{"deep": thing}])
            logging.getLogger("library").warning("thing %s %r", thing, thing)
            self.audit.append("said", {"thing": f"{thing}", "nested": [{"deep": [f"{thing}", f"{thing!r}"]}]})
            self.tape.feed.text(0, f"{thing}")
            self.tape.feed.order_frame(json.dumps({"error-message": f"{thing}"}).encode())
            self.bus.publish(OrderChanged(_order(9, f"{thing}")))
            cause = Cause("ORDERS", LadderMode.READ_ONLY, f"{thing}", 0)
            self.bus.publish(ModeChanged(LadderMode.NORMAL, LadderMode.READ_ONLY, (cause,)))


async def login(run: Run, c: Canaries) -> None:
    """A login that works, and everything round it written down."""
    answers = ok({"jwtToken": c["jwt"], "refreshToken": c["refresh"], "feedToken": c["feed"]})
    credentials = Credentials("DEMO01", Secret(c["pin"]), Secret(c["seed"]), Secret(c["api_key"]))
    header = Secret(c["header"])
    vault = _vault(run, "login").create(Secret(c["password"]))
    vault.put({"pin": credentials.pin, "api_key": credentials.api_key})
    async with _broker(run, credentials, lambda request: answers) as (broker, fake):
        answer = await broker.login()
        run.say(credentials, answer, broker.stream_login(), broker, vault, header, vars(credentials.pin.__class__))
        run.log.info("sent", headers=[r.headers for r in fake.requests], Authorization=f"Bearer {c['jwt']}")
        run.log.info("bodies", bodies=[r.body for r in fake.requests], texts=[repr(r) for r in fake.requests])
        run.say(f"wss://x/?feedToken={c['feed']}&apiKey={c['api_key']}", json.dumps(fake.requests[0].json))


async def failure(run: Run, c: Canaries) -> None:
    """A broker that repeats what it was sent, in an envelope, as HTML, as plain text and in an order row."""
    credentials = Credentials("DEMO01", Secret(c["pin"]), Secret(c["seed"]), Secret(c["api_key"]))
    tokens = ok({"jwtToken": c["jwt"], "refreshToken": c["refresh"], "feedToken": c["feed"]})
    Secret(c["password"]), Secret(c["header"])
    echo = " ".join(c.values())
    seen: list[bytes] = []

    def script(request: Request) -> Answer:
        if request.path.endswith(("loginByPassword", "generateTokens")):
            return tokens
        seen.append(request.body)
        kinds = [refused("AB1007", f"no: {request.headers} {echo}"), reply(f"<html>{echo}".encode(), 403)]
        return [*kinds, reply(f"bad {echo}".encode(), 400), reply(b'{"x": "' + echo.encode(), 200)][len(seen) % 4]

    async with _broker(run, credentials, script) as (broker, _):
        await broker.login()
        for n in range(4):
            outcome = await broker.place(_approved(n))
            run.say(outcome)
            reason = str(getattr(outcome, "text", outcome))
            await run.journal.intent(run.recorder.record(_order(n, reason), "broker"))
            run.say(await broker.positions(), await broker.funds(), await broker.order_book())


async def crash(run: Run, c: Canaries) -> None:
    """Exceptions that hold secrets in message, cause, local variables and arguments."""
    held = {name: Secret(text) for name, text in c.items()}

    def careless(text: str) -> None:
        local = f"local {text}"
        try:
            json.loads(local)
        except ValueError as e:
            raise RuntimeError(f"cannot use {text}") from e

    for name, text in c.items():
        try:
            careless(text)
        except RuntimeError as e:
            run.log.error("crashed", exc_info=e, held=held)
            logging.getLogger("library").error("crashed with %s", name, exc_info=e)
            run.say(e, repr(e))


async def export(run: Run, c: Canaries) -> None:
    """What writes files: JSON of objects, the list of what a vault holds, a redacted copy of the log."""
    vault = _vault(run, "export").create(Secret(c["password"]))
    vault.put(
        {"pin": Secret(c["pin"]), "api_key": Secret(c["api_key"]), "totp_seed": Secret(c["seed"])},
        second_factor_too=True,
    )
    rest = {name: Secret(c[name]) for name in ("jwt", "refresh", "feed", "header")}
    inside = {name: vault.get(name) for name in vault.names()}
    (run.home / "export.json").write_text(json.dumps([rest, inside], default=str))
    run.say(vault.names(), inside, rest, vault)


async def lock(run: Run, c: Canaries) -> None:
    """Wrong passwords, a vault that closes, what is said afterwards."""
    vault = _vault(run, "lock").create(Secret(c["password"]))
    vault.put({"pin": Secret(c["pin"]), "api_key": Secret(c["api_key"])})
    others = [Secret(c[name]) for name in ("seed", "jwt", "refresh", "feed", "header")]
    for wrong in (c["header"], c["password"] + "x"):
        try:
            _vault(run, "lock").open(Secret(wrong))
        except UserError as e:
            run.say(e, wrong)
    vault.close()
    try:
        vault.get("pin")
    except UserError as e:
        run.say(e, vault, vars(vault), others, *c.values())


def _vault(run: Run, flow: str) -> Vault:
    """A vault of its own for each flow."""
    marks = (FileMarks(run.home / "state"),)
    return Vault(run.home / f"vault-{flow}" / FILE, run.clock, marks=marks, kdf=Kdf(1 << 10, 8, 1, b"0123456789abcdef"))


class _broker:
    """`async with`: a broker on a scripted server."""

    def __init__(self, run: Run, credentials: Credentials, script: Any) -> None:
        self._run, self._credentials, self._fake = run, credentials, FakeRest(script)

    async def __aenter__(self) -> tuple[AngelBroker, FakeRest]:
        self._server = await asyncio.start_server(self._fake.serve, "127.0.0.1", 0)
        self._fake.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._broker = AngelBroker(self._fake.url, lambda: self._credentials, self._run.clock)
        return self._broker, self._fake

    async def __aexit__(self, *error: object) -> None:
        await self._broker.close()
        self._server.close()
        await self._fake.hang_up()


def _order(n: int, reason: str) -> Order:
    now = SystemClock().real_ns()
    return Order(
        f"T{n}", f"i{n}", SHARE.exchange, SHARE.token, SHARE.symbol, Side.BUY, 1, 8_110_000, 0, OrderType.LIMIT,
        Product.INTRADAY, Validity.DAY, "ticket", OrderState.REJECTED, now, now, now, reason=reason,
    )  # fmt: skip


def _approved(n: int) -> Approved:
    return mint(Action.PLACE, _order(n, ""), SHARE, lambda: True)


async def main(home: Path, canaries: dict[str, Canaries]) -> None:
    setup(home / "logs" / "tezi.jsonl", "debug")
    clock = SystemClock()
    with InstanceLock(home):
        await prepare(home / "tezi.db", clock.real_ns())
        writer = Writer(home / "tezi.db", clock)
        await writer.open()
        audit = AuditLog(home, clock, writer, about={"boot": "canary"}, redact=redact)
        await audit.open()
        run = Run(home, OrderJournal(writer, home / "tezi.db"), audit, Recording(home, clock))
        try:
            for flow in (login, failure, crash, export, lock):
                await flow(run, canaries[flow.__name__])
            click.echo(f"{len(await run.journal.load_day(ist_day(clock.wall_ns())))} orders journalled")
        finally:
            await run.tape.writer.close()
            await audit.close()
            await writer.close()
        create(home, clock.real_ns())


if __name__ == "__main__":
    harden()
    given: dict[str, Canaries] = json.loads(sys.stdin.read())
    asyncio.run(main(Path(sys.argv[1]), given))
    raise RuntimeError(f"the last words: {given['crash']}")

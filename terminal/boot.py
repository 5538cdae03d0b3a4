"""Everything behind the screen, in the order in which it can be had: store, exchange, master, engine."""

import asyncio
import gc
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.brokers import contract
from core.clock import AnchoredClock, ist_day
from core.engine.desk import EngineDesk
from core.engine.engine import HALT_KEY, Engine
from core.engine.protection import KEYS as PROTECTION_KEYS
from core.errors import StoreFailed, UserError
from core.facts import Event, EventKind
from core.market.instruments import Catalogue
from core.market.watchlists import Watchlists
from core.orders.tags import Tags
from core.store.audit.log import AuditLog
from core.store.audit.places import KeyFile, KeyPlace
from core.store.audit.sealedkey import SealedKeyFile
from core.store.instance import InstanceLock
from core.store.integrity import was_unclean
from core.store.journal import OrderJournal
from core.store.ledger import TradeLedger
from core.store.migrate import prepare
from core.store.retention import forget_old
from core.store.writer import Writer
from core.supervise import Supervisor
from core.telemetry.logs import logger, setup
from core.telemetry.redact import redact
from core.vault.opened import Opened
from terminal.cli import VERSION
from terminal.config_watch import watch_config
from terminal.link import BrokerLink
from terminal.master import fetch_master
from terminal.options import Options
from terminal.parts import build_parts, candle_path
from terminal.recording import Recording
from terminal.records import config_change, keep_records, keep_tidy, watch_log
from terminal.vaults import AUDIT, BACKUP, VaultPasswords
from terminal.watchlists import ListKeeper

STORE = "tezi.db"
LOG = "tezi.jsonl"


class Boot:
    """`run` gives the desk once there is an engine behind it; `stop` ends everything that was started, in reverse.

    `say` shows what is being waited for. The engine goes on without the screen until `stop`.
    """

    def __init__(
        self,
        options: Options,
        clock: AnchoredClock,
        mode_word: str,
        say: Callable[[str], None],
        vault: Opened | None = None,
    ) -> None:
        self._options = options
        self._wanted = options.config
        self._vault = vault
        self._clock = clock
        self._mode_word = mode_word
        self._say = say
        self._stack = AsyncExitStack()
        self._log = logger("boot")
        self._supervisor = Supervisor(clock, self._fault)
        self.link = BrokerLink(options, clock)
        self.engine: Engine | None = None
        self._unclean = False
        self._keeper: ListKeeper | None = None

    async def run(self) -> EngineDesk:
        """Raises UserError for what a person can mend. Call `stop` in any case."""
        try:
            return await self._start()
        except StoreFailed as e:
            raise UserError(f"{e}. Nothing was sent. Free or mend the disk, or: tezi backup restore") from e

    async def _start(self) -> EngineDesk:
        options = self._options
        setup(options.home / "logs" / LOG, options.config.logs.level)
        self._stack.enter_context(InstanceLock(options.home))
        self._say("opening the order records")
        journal = await self._open_journal()
        audit = await self._open_audit(journal)
        self._say("starting the practice exchange")
        self._stack.push_async_callback(self.link.stop)
        await self.link.start()
        self._say("reading the instrument master")
        known = await asyncio.to_thread(contract.load)
        catalogue = await fetch_master(self.link.address.rest, self._clock)
        self.engine = await self._build(journal, audit, catalogue, known)
        self._keep(self.engine, audit)
        self._supervisor.once("exchange", self.link.keep(self.engine.broker_gone, self.engine.broker_back))
        _settle_garbage()
        return EngineDesk(self.engine)

    def _keep(self, engine: Engine, audit: AuditLog) -> None:
        """Start the care of records and configuration."""
        options, clock = self._options, self._clock
        key = self._vault.key_for(BACKUP) if self._vault is not None else None
        self._supervisor.once("records", keep_records(options.home, clock, audit, self._unclean, engine.halt, key))
        self._supervisor.once("old-files", keep_tidy(options.home, clock, audit, options.config.keep, self._in_use()))
        self._supervisor.keep("store-log", lambda: watch_log(self._writer, clock, partial(_alarm, engine, audit)))
        if options.config_path is not None:
            say = partial(engine.events.add, EventKind.SYSTEM, loud=True)
            watch = partial(watch_config, options.config_path, clock, engine.limits.edited, say)
            self._supervisor.keep("configuration", watch)

    def _in_use(self) -> list[Path]:
        """Files of this session, which are never taken for old ones."""
        candles = candle_path(self._options.home, self.link.run_name)
        return [candles] if self._options.replay is None else [candles, self._options.replay]

    async def stop(self) -> None:
        """Drain the engine, then stop what it stood on."""
        await self._supervisor.stop()
        if self.engine is not None:
            late = await self.engine.stop()
            if late:
                self._log.warning("tasks would not end", names=", ".join(late))
            self._flush_lists()
        await self._stack.aclose()

    def _flush_lists(self) -> None:
        """What was changed by hand in the last moment is there at the next start."""
        try:
            if self._keeper is not None:
                self._keeper.flush()
        except OSError as e:
            self._log.error("the watchlists could not be kept", error=str(e))

    def _keep_lists(self) -> Callable[[Watchlists], None]:
        """Where changed lists go; those of a recording are its own and are not kept."""
        if self._options.replay is not None:
            return lambda lists: None
        self._keeper = ListKeeper(self._options.home, self._clock)
        self._supervisor.keep("watchlists", self._keeper.run)
        return self._keeper.keep

    async def _open_journal(self) -> OrderJournal:
        path = self._options.home / STORE
        self._unclean = await asyncio.to_thread(was_unclean, path)
        await prepare(path, self._clock.real_ns())
        self._writer = Writer(path, self._clock)
        await self._writer.open()
        self._stack.push_async_callback(self._writer.close)
        forget_old(self._writer, self._clock.real_ns())
        return OrderJournal(self._writer, path)

    async def _open_audit(self, journal: OrderJournal) -> AuditLog:
        options, change = self._options, await config_change(journal, self._options.config)
        about = {"version": VERSION, "config": change.digest, "boot": secrets.token_hex(8)}
        self._options = options = replace(options, config=change.in_force)
        if self._vault is not None:
            self._stack.callback(self._vault.close)
        keys = await asyncio.to_thread(self._audit_keys)
        audit = AuditLog(options.home, self._clock, self._writer, about=about, redact=redact, keys=keys)
        await audit.open()
        self._stack.push_async_callback(audit.close)
        audit.append("start", {"mode": self._mode_word, "unclean": self._unclean, **about})
        if change.keys:
            audit.append("config.changed", {"mode": self._mode_word, "keys": change.keys})
        return audit

    def _passwords(self) -> VaultPasswords | None:
        """What unlocks the screen; practice and replay have no lock, whatever else the vault is opened for."""
        return VaultPasswords(self._options.home) if self._options.mode == "live" else None

    def _audit_keys(self) -> KeyPlace:
        """The log's key: under the seal of the vault where one is open, else in a file."""
        if self._vault is None:
            return KeyFile(self._options.home)
        sealed = SealedKeyFile(self._options.home, self._vault.key_for(AUDIT))
        sealed.adopt()
        return sealed

    async def _build(
        self, journal: OrderJournal, audit: AuditLog, catalogue: Catalogue, known: contract.Contract
    ) -> Engine:
        tags = await self._tags(journal)
        tape = self._record()
        parts = build_parts(
            self._options, self._clock, self._mode_word, self.link, catalogue, known, journal, tags, self._mirror,
            tape.feed if tape is not None else None,
        )  # fmt: skip
        self._stack.push_async_callback(parts.broker.close)
        ledger = TradeLedger(self._writer, self.link.run_name)
        assert parts.history is not None
        self._stack.callback(parts.history.close)
        parts = replace(parts, audit=audit, ledger=ledger, keep_lists=self._keep_lists())
        engine = Engine(replace(parts, wanted=self._wanted, passwords=self._passwords()))
        if tape is not None:
            tape.listen(engine.bus)
        today = ist_day(self._clock.wall_ns())
        records, earlier = await journal.load_day(today), await journal.unfinished_before(today)
        kept = {key: await journal.load_meta(key) for key in PROTECTION_KEYS}
        engine.restore(records, await journal.load_meta(HALT_KEY), kept, earlier)
        engine.start()
        return engine

    def _record(self) -> Recording | None:
        """A tape when one was asked for; it is closed after the engine has stopped."""
        if not self._options.record:
            return None
        tape = Recording(self._options.home, self._clock)
        self._stack.push_async_callback(tape.writer.close)
        self._supervisor.keep("tape", tape.writer.run)
        return tape

    async def _tags(self, journal: OrderJournal) -> Tags:
        """The installation's own key and number are made at the first start and kept with the orders."""
        key = await journal.load_meta("tag_key")
        if not key:
            key = secrets.token_hex(32)
            await journal.store_meta("tag_key", key)
            await journal.store_meta("tag_instance", str(secrets.randbelow(1024)))
        instance = int(await journal.load_meta("tag_instance"))
        floor_ms = await journal.tag_floor()
        return Tags(self._clock, bytes.fromhex(key), instance, floor_ms, journal.store_tag_floor)

    def _mirror(self, event: Event) -> None:
        self._log.info("event", kind=event.kind.value, text=event.text)

    def _fault(self, where: str, error: str) -> None:
        self._log.error("task failed", where=where, error=error)


def _alarm(engine: Engine, audit: AuditLog, text: str) -> None:
    """To the person (and with that to the log file), and to the audit log."""
    engine.events.add(EventKind.SYSTEM, text, loud=True)
    audit.append("store.alarm", {"text": text})


def _settle_garbage() -> None:
    """What start-up made lives for ever: take it out of the collector's sight, so that no full pass stalls the loop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()

"""The composition root: the screen first, then everything else behind it. The only place that asks which mode it is."""

import asyncio
import importlib
import signal
import sys
from typing import TYPE_CHECKING

from core.clock import AnchoredClock, SystemClock
from core.errors import TeziError, UserError
from core.supervise import Supervisor
from terminal.app import TeziApp
from terminal.empty_desk import EmptyDesk
from terminal.options import Options

if TYPE_CHECKING:
    from core.vault.opened import Opened
    from terminal.boot import Boot

NO_LIVE = "live mode is not here yet; nothing was sent."


def run(options: Options) -> int:
    """Open the terminal and stay until it is left; gives the exit code. Raises TeziError for a start that cannot be."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):  # Textual reads the one and draws on the other
        live = f"{NO_LIVE} And " if options.mode == "live" else ""
        why = "the screen needs a terminal; input or output is none. Start it in one, nothing redirected."
        raise UserError(live + why)
    return asyncio.run(_Terminal(options).run())


class _Terminal:
    """The app, and the boot that runs beside it. The engine outlives a crash of the screen long enough to drain."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clock = AnchoredClock(SystemClock())
        word = "REPLAY" if options.replay or options.mode == "replay" else "PRACTICE"
        word = "LIVE" if options.mode == "live" else word
        self._desk = EmptyDesk("starting", word, self._clock)
        self._app = TeziApp(self._desk, paint_hz=options.config.screen.paint_hz)
        self._supervisor = Supervisor(self._clock, self._fault)
        self._boot: Boot | None = None
        self._failure: TeziError | None = None
        self._word = word

    async def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # asyncio's own SIGINT would break off the ending
            asyncio.get_running_loop().add_signal_handler(number, self._app.exit, 0)
        self._supervisor.once("boot", self._start())
        try:
            await self._app.run_async()
        finally:
            await self._supervisor.stop()
            if self._boot is not None:
                await self._boot.stop()
        if self._failure is not None:
            raise self._failure
        return self._app.return_code or 0

    async def _start(self) -> None:
        """After the first frame: import what is heavy off the loop, then build and attach the real desk."""
        await self._app.first_paint.wait()
        self._desk.waiting = "loading the engine"
        await asyncio.to_thread(importlib.import_module, "terminal.screens.modals")
        try:
            vault = await self._vault()
            boot = await asyncio.to_thread(importlib.import_module, "terminal.boot")
            self._boot = boot.Boot(self._options, self._clock, self._word, self._say, vault)
            self._app.attach(await self._boot.run())
        except TeziError as e:
            self._failure = e
            self._app.exit(return_code=3)

    async def _vault(self) -> "Opened | None":
        """The vault, opened by a person or the keyring, where this start needs one."""
        entry = await asyncio.to_thread(importlib.import_module, "terminal.entry")
        if not entry.needs_vault(self._options):
            return None
        self._desk.waiting = "opening the vault"
        opened: Opened = await entry.enter(self._app, self._options, self._clock)
        if self._options.mode == "live":
            opened.close()
            raise UserError(f"{NO_LIVE} What was typed is in the vault; practise with: tezi --mode practice")
        return opened

    def _say(self, text: str) -> None:
        self._desk.waiting = text

    def _fault(self, where: str, error: str) -> None:
        self._failure = TeziError(f"{where} failed: {error}")
        self._app.exit(return_code=1)

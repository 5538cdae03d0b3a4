"""Where the other side is, and the care of it: the exchange child is started, restarted, and its address passed on."""

from collections.abc import Callable

from core.brokers.session import Credentials
from core.clock import NS_PER_S, AnchoredClock, iso_to_ns
from core.errors import UserError
from core.secret import Secret, remember
from core.telemetry.logs import logger
from terminal.child import ExchangeAddress, ExchangeChild, read_address
from terminal.options import Options

RESTART_WAIT_S = 0.5
RESTART_WAIT_MAX_S = 10.0
STEADY_NS = 60 * NS_PER_S
"""A child that ran this long is well: its end is waited for shortly again."""


class BrokerLink:
    """`address` is where the exchange listens now. A child is started again with growing waits when it ends.

    An exchange that was attached to is somebody else's: its end is only told.
    """

    def __init__(self, options: Options, clock: AnchoredClock) -> None:
        self._options = options
        self._clock = clock
        self._child: ExchangeChild | None = None
        self._address: ExchangeAddress | None = None
        self.on_move: Callable[[str], None] = lambda rest: None
        self._log = logger("exchange")

    @property
    def address(self) -> ExchangeAddress:
        assert self._address is not None, "address asked before the start"
        return self._address

    @property
    def run_name(self) -> str:
        """What the stored rows of this account are filed under: two runs never share orders."""
        kind = "replay" if self._options.replay is not None else "practice"
        return f"{kind}-{self.address.run}" if self._options.attach is None else f"attached-{self.address.client_code}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Start the exchange (or read where it is) and set the market's clock by it. Raises UserError."""
        if self._options.attach is not None:
            self._take(read_address(self._options.attach))
            return
        self._child = ExchangeChild(self._options.home, self._arguments(), self._clock)
        self._take(await self._child.start())

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()

    async def keep(self, on_gone: Callable[[str], None], on_back: Callable[[], None]) -> None:
        """Watch the child for ever and start it again; the market's clock stands still meanwhile."""
        wait_s = RESTART_WAIT_S
        while self._child is not None:
            started_ns = self._clock.mono_ns()
            code = await self._child.wait_end()
            if self._clock.mono_ns() - started_ns > STEADY_NS:
                wait_s = RESTART_WAIT_S
            self._clock.anchor(self._clock.wall_ns(), speed=0.0)
            on_gone(f"the practice exchange ended (exit {code}); starting it again")
            wait_s = await self._restart(on_gone, wait_s)
            on_back()

    async def _restart(self, on_gone: Callable[[str], None], wait_s: float) -> float:
        """Start again after a wait that doubles with each attempt; gives the wait before the next one."""
        while True:
            await self._clock.sleep(wait_s)
            wait_s = min(RESTART_WAIT_MAX_S, wait_s * 2)
            try:
                await self.start()
                return wait_s
            except UserError as e:
                on_gone(f"{e}; next try in {wait_s:g} s")

    def credentials(self) -> Credentials | None:
        """What to log in with: new at each start of the exchange, in memory only."""
        a = self._address
        if a is None:
            return None
        return Credentials(a.client_code, Secret(a.pin), Secret(a.totp_secret), Secret(a.api_key))

    def _take(self, address: ExchangeAddress) -> None:
        for secret in (address.pin, address.totp_secret, address.api_key):
            remember(secret)
        self._address = address
        self.on_move(address.rest)
        self._clock.anchor(iso_to_ns(address.now), self._speed())
        self._log.info("exchange answers", rest=address.rest, now=address.now)

    def _speed(self) -> float:
        return self._options.speed if self._options.replay is not None else 1.0

    def _arguments(self) -> list[str]:
        if self._options.replay is not None:
            return ["--replay", str(self._options.replay), "--speed", f"{self._options.speed:g}"]
        state = self._options.home / "practice"
        return ["--state", str(state), "--seed", str(self._options.config.practice.seed)]

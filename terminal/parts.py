"""The parts of an engine for practice and replay: the Angel adapters, pointed at the exchange."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from core.brokers.angel import AngelBroker
from core.brokers.contract import Contract
from core.brokers.order_socket import AngelOrderSocket
from core.clock import NS_PER_S, AnchoredClock
from core.domain import Exchange
from core.engine.parts import MasterNote, Parts
from core.facts import Event
from core.feed.market import MarketFeed
from core.feed.recorder import FeedRecorder
from core.market import facts
from core.market.history import CandleSource, History
from core.market.instruments import Catalogue
from core.market.quotes import QuoteBoard
from core.market.sessions import Session
from core.market.watchlists import FILE, Watchlists, load
from core.orders.tags import Tags
from core.store.journal import OrderJournal
from core.store.retention import CANDLES
from terminal.catalogues import HeldMaster, WithOthers
from terminal.hours import hours
from terminal.link import BrokerLink
from terminal.options import Options
from terminal.watchlists import pins, recorded, starting


def build_parts(
    options: Options,
    clock: AnchoredClock,
    mode_word: str,
    link: BrokerLink,
    catalogue: Catalogue,
    known: Contract,
    journal: OrderJournal,
    tags: Tags,
    mirror: Callable[[Event], None],
    tape: FeedRecorder | None = None,
    random: Random | None = None,
) -> Parts:
    """Everything new and unconnected; the engine starts it. Raises UserError for a watchlist or trading facts that
    cannot be had."""
    random = random or Random()
    broker = AngelBroker(link.address.rest, link.credentials, clock, known=known, random=random)
    link.on_move = broker.move
    broker.follow = lambda date_ns: clock.anchor(date_ns + NS_PER_S // 2, clock.speed)
    session, session_of = hours(options.mode, options.home, catalogue.stream)
    board = QuoteBoard(clock, options.config.limits)
    return Parts(
        clock=clock,
        config=options.config,
        mode_word=mode_word,
        run=link.run_name,
        look_only="A recording is being replayed: look only" if options.replay is not None else "",
        board=board,
        instruments=WithOthers(catalogue, HeldMaster(options.home, options.instruments)),
        watchlist=(),
        lists=_lists(options, catalogue),
        elsewhere=elsewhere(options),
        pins=pins(catalogue),
        session=session,
        journal=journal,
        broker=broker,
        feed=_feed(link, broker, board, clock, random, session, catalogue, tape),
        updates=_updates(link, broker, clock, random, tape),
        tags=tags,
        random=random,
        mirror=mirror,
        meta=journal,
        master=MasterNote(catalogue.count()),  # the exchange's own
        dated=facts.load(options.home / "facts"),
        banned=lambda name, day: False,  # the practice exchange bans nothing
        contracts=catalogue,
        session_of=session_of,
        history=_history(options, link.run_name, broker, clock),
    )


def elsewhere(options: Options) -> str:
    """What an instrument is that this session's exchange does not list."""
    return "not in this recording" if options.replay is not None else "not on the practice exchange"


def _feed(
    link: BrokerLink,
    broker: AngelBroker,
    board: QuoteBoard,
    clock: AnchoredClock,
    random: Random,
    session: Callable[[Exchange, int], Session],
    catalogue: Catalogue,
    tape: FeedRecorder | None,
) -> MarketFeed:
    return MarketFeed(
        lambda: link.address.stream,
        broker.stream_login,
        board,
        clock,
        random,
        renew=broker.renew,
        in_session=lambda exchange: session(exchange, clock.wall_ns()).open,
        canary=next(iter(pins(catalogue)), None),
        quotes=broker.quotes,
        tape=tape,
    )


def _updates(
    link: BrokerLink, broker: AngelBroker, clock: AnchoredClock, random: Random, tape: FeedRecorder | None
) -> AngelOrderSocket:
    return AngelOrderSocket(
        lambda: link.address.orders,
        broker.stream_login,
        clock,
        random,
        renew=broker.renew,
        on_frame=None if tape is None else tape.order_frame,
    )


def candle_path(home: Path, run: str) -> Path:
    return home / CANDLES / f"{run}.db"


def _history(options: Options, run: str, source: CandleSource, clock: AnchoredClock) -> History:
    """Older candles of this run of the exchange, kept in a file of their own: another run has another past. Those of a
    recording are forgotten at its next start, for the next one may be another recording."""
    path = candle_path(options.home, run)
    if options.replay is not None:
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
    return History(source, path, clock)


def _lists(options: Options, catalogue: Catalogue) -> Watchlists:
    """Raises UserError for a file of lists that cannot be read and for a configured symbol that is not known."""
    if options.replay is not None:
        return recorded(catalogue)
    return starting(catalogue, options.config.screen.watchlist, load(options.home / FILE))

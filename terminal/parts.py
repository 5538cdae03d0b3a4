"""The parts of an engine for practice and replay: the Angel adapters, pointed at the exchange."""

from collections.abc import Callable
from random import Random

from core.brokers.angel import AngelBroker
from core.brokers.contract import Contract
from core.brokers.order_socket import AngelOrderSocket
from core.clock import AnchoredClock
from core.engine.parts import Parts
from core.facts import Event
from core.feed.stream import MarketStream
from core.market.instruments import Catalogue
from core.market.quotes import QuoteBoard
from core.orders.tags import Tags
from core.store.journal import OrderJournal
from terminal.link import BrokerLink
from terminal.options import Options
from terminal.watchlists import pins, watchlist

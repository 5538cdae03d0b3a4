"""Everything behind the screen, in the order in which it can be had: lock, store, exchange, login, master, engine."""

import asyncio
from collections.abc import Callable
from random import Random

from core.brokers.angel import AngelBroker
from core.brokers.contract import contract
from core.brokers.order_socket import AngelOrderSocket
from core.clock import AnchoredClock, ist_day, iso_to_ns
from core.engine.circuit import OrderCircuit
from core.engine.desk import EngineDesk
from core.engine.engine import HALT_KEY, Engine
from core.engine.parts import Parts
from core.feed.stream import MarketStream
from core.market.quotes import QuoteBoard
from core.orders.tags import Tags
from core.resilience.breaker import orders_breaker
from core.resilience.ladder import Ladder
from core.resilience.rates import OrderRates
from core.supervise import Supervisor
from terminal.options import Options

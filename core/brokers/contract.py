"""The official SDK as the contract: routes, header names and stream constants. The one module that imports it.

Importing `SmartApi` 1.5.5 as shipped asks api.ipify.org for an address, may look the host name up, reads the network
card's number and logs to stderr (smartConnect.py lines 71-82). `sdk` imports it with those four muffled and puts
everything back. Nothing of it is ever constructed, so it opens no `logs/` folder, changes no TLS warning and sends
nothing.
"""

import socket
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

_LOCK = threading.Lock()
_sdk: SimpleNamespace | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What the SDK says a client must send.

    `routes` maps the SDK's own route names (`api.order.book`) to absolute paths; `headers` are the fixed headers of
    every call, with `X-PrivateKey` still empty; `exchange_types` and `modes` are the numbers of the market stream.
    """

    routes: Mapping[str, str]
    headers: Mapping[str, str]
    exchange_types: Mapping[str, int]
    modes: Mapping[str, int]
    root: str
    stream_url: str
    order_url: str

    def route(self, name: str) -> str:
        """The path of an operation, by the SDK's name for it. KeyError when the SDK has none."""
        return self.routes[name]


def load() -> Contract:
    """Read the contract out of the SDK. The first call costs some 0.3 s: keep it off the event loop."""
    modules = sdk()
    connect, stream = modules.SmartConnect, modules.SmartWebSocketV2
    names = ("NSE_CM", "NSE_FO", "BSE_CM", "BSE_FO", "MCX_FO", "NCX_FO", "CDE_FO")
    return Contract(
        routes={name: "/" + path.lstrip("/") for name, path in connect._routes.items()},
        headers=connect.requestHeaders(_anonymous(connect)),
        exchange_types={name: getattr(stream, name) for name in names},
        modes={name: getattr(stream, name) for name in ("LTP_MODE", "QUOTE", "SNAP_QUOTE", "DEPTH")},
        root=connect._rootUrl,
        stream_url=stream.ROOT_URI,
        order_url=modules.SmartWebSocketOrderUpdate.WEBSOCKET_URI,
    )


def sdk() -> SimpleNamespace:
    """The SDK's classes, imported once under a lock: for `load`, and for tests that use them as oracles."""
    global _sdk
    with _LOCK:
        if _sdk is None:
            with _muffled():
                from SmartApi.smartConnect import SmartConnect
                from SmartApi.smartWebSocketOrderUpdate import SmartWebSocketOrderUpdate
                from SmartApi.smartWebSocketV2 import SmartWebSocketV2
            _sdk = SimpleNamespace(
                SmartConnect=SmartConnect,
                SmartWebSocketV2=SmartWebSocketV2,
                SmartWebSocketOrderUpdate=SmartWebSocketOrderUpdate,
            )
        return _sdk


def _anonymous(connect: Any) -> SimpleNamespace:
    """What `requestHeaders` reads of its object, without the machine's own card number."""
    return SimpleNamespace(
        accept=connect.accept,
        clientLocalIp=connect.clientLocalIp,
        clientPublicIp=connect.clientPublicIp,
        clientMacAddress="00:00:00:00:00:00",
        privateKey="",
        userType=connect.userType,
        sourceID=connect.sourceID,
    )


class _NoNetwork(OSError):
    """What the SDK's import-time call for an address meets; its own handler swallows it."""


@contextmanager
def _muffled() -> Iterator[None]:
    import logzero
    import requests

    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        real_get = requests.get
        stack.enter_context(_replaced(requests, "get", _refuse))
        stack.enter_context(_replaced(socket, "gethostbyname", _refuse))
        stack.enter_context(_replaced(uuid, "getnode", lambda: 0))
        stack.enter_context(_replaced(logzero.logger, "disabled", True))
        yield
        import SmartApi.smartConnect

        SmartApi.smartConnect.get = real_get


def _refuse(*_: object, **__: object) -> None:
    raise _NoNetwork("no call at import")


@contextmanager
def _replaced(owner: Any, name: str, value: Callable[..., Any] | bool) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)

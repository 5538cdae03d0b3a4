"""An exchange process, and the official SDK 1.5.5, unmodified, pointed at it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pyotp
import pytest

from tests.exchange.fault_bench import Bench
from tests.exchange_process import ExchangeProcess


@pytest.fixture
def exchange() -> Iterator[ExchangeProcess]:
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


@pytest.fixture(scope="module")
def common() -> Iterator[ExchangeProcess]:
    """One exchange for all tests of a module that do not mind each other's orders."""
    with ExchangeProcess(None, "--seed", "7", "--limits", "off") as process:
        yield process


@pytest.fixture(scope="module")
def module_bench(common: ExchangeProcess) -> Bench:
    return Bench(common)


@pytest.fixture
def bench(module_bench: Bench) -> Iterator[Bench]:
    """A logged-in client of the module's exchange; its faults end with the test."""
    yield module_bench
    module_bench.exchange.clear_faults()


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The SDK's three classes. Importing it asks an outside host for an address: stubbed for that moment only.

    Constructing its objects makes a `logs` folder in the current directory, so that is a temporary one.
    """
    monkeypatch.chdir(tmp_path)
    with mock.patch("requests.get", side_effect=OSError("no outside host in tests")):
        from SmartApi.smartConnect import SmartConnect
        from SmartApi.smartWebSocketOrderUpdate import SmartWebSocketOrderUpdate
        from SmartApi.smartWebSocketV2 import SmartWebSocketV2
    return SimpleNamespace(
        SmartConnect=SmartConnect,
        SmartWebSocketV2=SmartWebSocketV2,
        SmartWebSocketOrderUpdate=SmartWebSocketOrderUpdate,
    )


Connect = Callable[[ExchangeProcess], Any]


@pytest.fixture
def connect(sdk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Logs the SDK in at an exchange and gives the logged-in object; the tokens stand in its attributes."""

    def logged_in(exchange: ExchangeProcess) -> Any:
        monkeypatch.setattr(sdk.SmartConnect, "_rootUrl", exchange.rest)
        monkeypatch.setattr(sdk.SmartWebSocketV2, "ROOT_URI", exchange.stream)
        monkeypatch.setattr(sdk.SmartWebSocketOrderUpdate, "WEBSOCKET_URI", exchange.orders)
        client = sdk.SmartConnect(api_key=exchange.api_key, root=exchange.rest)
        totp = pyotp.TOTP(exchange.totp_secret).now()
        answer = client.generateSession(exchange.client_code, exchange.pin, totp)
        assert answer["status"] is True, answer
        return client

    return logged_in


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded material; tests that need it skip where it is absent."""
    path = Path(os.environ.get("TEZI_SHARED", Path(__file__).parents[3] / "shared"))
    if not (path / "data" / "README.md").exists():
        pytest.skip("recorded data not found: set TEZI_SHARED or place it in ../shared")
    return path

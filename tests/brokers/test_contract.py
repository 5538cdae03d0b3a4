"""The SDK as contract: what it says, and that importing it leaves no trace."""

import os
import subprocess
import sys
from pathlib import Path

from core.brokers import contract
from core.market.packet import DEPTH_20, EXCHANGE_TYPES, LTP, QUOTE, SNAP_QUOTE

_PROBE = """
import sys, uuid, socket
import requests, logzero
before = (requests.get, uuid.getnode, socket.gethostbyname, logzero.logger.disabled)
def forbidden(*a, **k):
    raise SystemExit("the network was used")
socket.socket.connect = forbidden
socket.getaddrinfo = forbidden
from core.brokers import contract
assert "SmartApi" not in sys.modules, "imported at module level"
known = contract.load()
assert before == (requests.get, uuid.getnode, socket.gethostbyname, logzero.logger.disabled), "not restored"
import SmartApi.smartConnect
assert SmartApi.smartConnect.get is requests.get
assert known.headers["X-PrivateKey"] == ""
"""


def test_importing_is_silent_and_leaves_nothing_behind(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", _PROBE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_routes_are_absolute_paths() -> None:
    known = contract.load()

    assert known.route("api.order.book") == "/rest/secure/angelbroking/order/v1/getOrderBook"
    assert all(path.startswith("/") for path in known.routes.values())
    assert known.stream_url.startswith("wss://") and known.order_url.startswith("wss://")
    assert known.root == "https://apiconnect.angelone.in"


def test_our_stream_numbers_are_the_official_ones() -> None:
    known = contract.load()

    ours = {e.value: n for e, n in EXCHANGE_TYPES.items()}
    names = {
        "NSE": "NSE_CM",
        "NFO": "NSE_FO",
        "BSE": "BSE_CM",
        "BFO": "BSE_FO",
        "MCX": "MCX_FO",
        "NCDEX": "NCX_FO",
        "CDS": "CDE_FO",
    }
    assert ours == {mine: known.exchange_types[theirs] for mine, theirs in names.items()}
    assert tuple(known.modes.values()) == (LTP, QUOTE, SNAP_QUOTE, DEPTH_20)

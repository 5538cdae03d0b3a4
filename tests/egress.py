"""Nothing that runs in the test process reaches beyond this machine: an audit hook refuses it, and remembers the try.

An audit hook (PEP 578) sees every way to a socket, C code and threads included. It cannot be taken off again.
"""

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GUARDED = Path(__file__).parent / "security" / "guarded"
CHILD_PATH = f"{GUARDED}{os.pathsep}{ROOT}"
"""PYTHONPATH of a child process that is to be guarded too; it tells by the file that EGRESS_FILE names."""
NAMES = {None, "", "localhost", b"localhost", b""}
_ADDRESSED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex"}
_tells = False
attempts: list[str] = []
"""What was tried since somebody last emptied it."""


class EgressRefused(ConnectionRefusedError):
    """A test tried to reach beyond loopback."""


def install(*, tells: bool = False) -> None:
    """From now on, in this process, for good. `tells`: it is a child, and writes down what it tried."""
    global _tells
    _tells = tells
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event in _ADDRESSED:
        sock, address = args[0], args[1]
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not _is_here(address[0]):
            _refuse(event, address)
    elif event in _NAMED and args[0] not in NAMES and not _is_literal(args[0]):
        _refuse(event, args[0])


def write_down(text: str) -> None:
    """A line into the file that EGRESS_FILE names: how a child process tells."""
    if path := os.environ.get("EGRESS_FILE"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def _refuse(event: str, what: object) -> None:
    attempts.append(f"{event} {what}")
    if _tells:
        write_down(attempts[-1])
    raise EgressRefused(f"a test tried to reach {what} ({event})")


def _is_here(host: object) -> bool:
    if host in NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_literal(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True

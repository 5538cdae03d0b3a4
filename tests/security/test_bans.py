"""The product holds none of what is banned, and each ban is shown a text that breaks it."""

from collections.abc import Callable

import pytest

from core.links.tls import verified
from tests.rules.source import sources
from tests.security.bans import TLS_DOOR, forbidden_calls, markup, weak_tls

Ban = Callable[[str, str], list[str]]
BROKEN = [
    (weak_tls, "context.verify_mode = ssl.CERT_NONE\n"),
    (weak_tls, "context.check_hostname = False\n"),
    (weak_tls, "get(url, verify=False)\n"),
    (weak_tls, "context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"),
    (weak_tls, "context = ssl._create_unverified_context()\n"),
    (weak_tls, "from ssl import CERT_NONE\nx = CERT_NONE\n"),
    (forbidden_calls, "context = ssl.create_default_context()\n"),
    (forbidden_calls, "eval(text)\n"),
    (forbidden_calls, "pickle.loads(data)\n"),
    (forbidden_calls, "print(secret)\n"),
    (markup, "self.notify(text, markup=True)\n"),
    (markup, "Static(text, markup=given)\n"),
    (markup, "Text.from_markup(text)\n"),
    (markup, "Traceback(show_locals=True)\n"),
    (markup, "subprocess.run(text, shell=True)\n"),
]


@pytest.mark.parametrize("ban", [weak_tls, forbidden_calls, markup], ids=lambda b: b.__name__)
def test_the_product_holds_none(ban: Ban) -> None:
    assert [found for path, text in sources().items() for found in ban(path, text)] == []


@pytest.mark.parametrize(("ban", "text"), BROKEN)
def test_the_ban_bites(ban: Ban, text: str) -> None:
    assert ban("core/brokers/x.py", text)


def test_the_one_door_for_tls_may_make_a_context() -> None:
    assert weak_tls(TLS_DOOR, "context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n") == []


def test_no_key_of_a_connection_is_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Python's own default context would: SSLKEYLOGFILE is obeyed there."""
    monkeypatch.setenv("SSLKEYLOGFILE", f"{tmp_path}/keys")
    context = verified()

    assert context.keylog_filename is None
    assert context.check_hostname
    assert context.minimum_version.name == "TLSv1_2"

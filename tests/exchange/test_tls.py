"""The certificate of one start: where its private key lies meanwhile, and what stays behind."""

import os
import ssl
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.exchange.tls import server_context
from tests.private_files import wide

REAL_LOAD = ssl.SSLContext.load_cert_chain


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, empty, under the widest umask there is."""
    folder = tmp_path / "tmp"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = os.umask(0)
    yield folder
    os.umask(before)


@pytest.mark.parametrize("loads", [True, False])
def test_the_key_is_for_its_owner_only_and_gone_afterwards(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loads: bool
) -> None:
    seen: list[Path] = []

    def load(context: ssl.SSLContext, certfile: Path, *rest: Any) -> None:
        assert b"PRIVATE KEY" in certfile.read_bytes()
        assert wide(temporary) == [] and stat.S_IMODE(certfile.stat().st_mode) == 0o600
        seen.append(certfile)
        if not loads:
            raise ssl.SSLError("no")
        REAL_LOAD(context, certfile, *rest)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    if loads:
        _, trusted = server_context(tmp_path, "127.0.0.1", SystemClock())
        assert b"PRIVATE KEY" not in trusted.read_bytes()
    else:
        with pytest.raises(ssl.SSLError):
            server_context(tmp_path, "127.0.0.1", SystemClock())
    assert len(seen) == 1 and not list(temporary.iterdir())
    assert [p for p in tmp_path.rglob("*") if p.is_file() and b"PRIVATE KEY" in p.read_bytes()] == []

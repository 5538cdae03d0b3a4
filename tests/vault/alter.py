"""Changes that somebody with the file could make."""

import hashlib
import json
from typing import Any

from core.vault.envelope import DIGEST


def checksummed(content: bytes) -> bytes:
    """With the checksum that fits."""
    return content + hashlib.sha256(content).digest()


def with_header(data: bytes, changes: dict[str, Any]) -> bytes:
    """The file with keys of its header changed (None takes one out), checksum made to fit."""
    line, _, rest = data[:-DIGEST].partition(b"\n")
    header = json.loads(line)
    for key, value in changes.items():
        if value is None:
            del header[key]
        elif isinstance(value, dict):
            header[key] |= value
        else:
            header[key] = value
    return checksummed(json.dumps(header, separators=(",", ":")).encode() + b"\n" + rest)

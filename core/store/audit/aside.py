"""A log that does not verify, moved out of the way whole: segments, key and anchors, nothing deleted."""

import contextlib
import sqlite3
from pathlib import Path

from core.clock import NS_PER_S
from core.store.audit.places import AUDIT, KEYS, STORE, sync_folder
from core.store.audit.sealedkey import FILE as SEALED


def move_aside(home: Path, real_ns: int) -> Path:
    """Give the folder it is in now. The caller holds the home's lock. Raises OSError."""
    target = home / f"{AUDIT}-broken-{real_ns // NS_PER_S}"
    target.mkdir(mode=0o700)
    anchor = target / "store-anchor.txt"
    store = home / STORE
    if store.exists():
        try:
            with contextlib.closing(sqlite3.connect(store, timeout=2.0)) as link, link:
                rows = link.execute("SELECT * FROM audit_anchor").fetchall()
                anchor.write_text(f"{rows}\n", encoding="utf-8")
                link.execute("DELETE FROM audit_anchor")
        except sqlite3.Error as e:
            raise OSError(f"{store}: {e}") from e
    for name in (AUDIT, f"{KEYS}/audit.key", f"{KEYS}/{SEALED}", f"{KEYS}/audit-anchor.json"):
        with contextlib.suppress(FileNotFoundError):
            (home / name).rename(target / Path(name).name)
    for path in target.glob("*"):
        if path.is_file():
            path.chmod(0o600)
    sync_folder(home)
    return target

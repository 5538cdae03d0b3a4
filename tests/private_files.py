"""Whether what a run left behind is for its owner only."""

import stat
from pathlib import Path


def wide(home: Path) -> list[str]:
    """Files wider than 0600 and folders wider than 0700, the home itself included; links are not followed."""
    found = [home, *home.rglob("*")] if home.exists() else []
    modes = [(p, stat.S_IMODE(p.lstat().st_mode)) for p in found if not p.is_symlink()]
    return [f"{p} {mode:o}" for p, mode in modes if mode & 0o077]

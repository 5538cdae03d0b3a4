"""What an edited configuration does to the limits: tighter acts at once, looser waits for a person."""

from dataclasses import dataclass

import msgspec

from core.config import Config

_SMALLER_IS_LOOSER = ("_block_ms", "_warn_ms", "_min")
_LOOSER_WHEN_ON = ("option_selling",)
_LOOSER_WHEN_SHORTER = ("blocked_symbols",)
_LARGER_IS_LOOSER = ("_max", "_bps")


@dataclass(frozen=True, slots=True)
class Changed:
    """One limit: its key in the file, what held and what the file says now."""

    key: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.key}: {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """`loosened` allow something that was forbidden and wait for confirmation; `tightened` act at once."""

    loosened: tuple[Changed, ...]
    tightened: tuple[Changed, ...]


def limit_changes(running: Config, edited: Config) -> LimitChanges:
    """Which limits differ, and which way. One whose direction is not known by its name counts as loosened."""
    loosened: list[Changed] = []
    tightened: list[Changed] = []
    old, new = msgspec.structs.asdict(running.limits), msgspec.structs.asdict(edited.limits)
    for name in old:
        if old[name] != new[name]:
            looser = _is_looser(name, old[name], new[name])
            (loosened if looser else tightened).append(Changed(f"limits.{name}", old[name], new[name]))
    return LimitChanges(tuple(loosened), tuple(tightened))


def in_force(running: Config, edited: Config) -> Config:
    """The edited configuration with every loosened limit still as it was: what acts before anybody confirms."""
    held = {change.key.removeprefix("limits."): change.old for change in limit_changes(running, edited).loosened}
    return msgspec.structs.replace(edited, limits=msgspec.structs.replace(edited.limits, **held))


def _is_looser(name: str, old: object, new: object) -> bool:
    if name in _LOOSER_WHEN_ON:
        return new is not False
    if name in _LOOSER_WHEN_SHORTER:
        return not (isinstance(old, tuple) and isinstance(new, tuple) and set(old) <= set(new))
    if not isinstance(old, int) or not isinstance(new, int) or isinstance(old, bool):
        return True
    if name.endswith(_SMALLER_IS_LOOSER):
        return new < old
    return new > old if name.endswith(_LARGER_IS_LOOSER) else True

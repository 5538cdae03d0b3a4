"""Whether a table of actions can be used as a key map. Pure function; the app refuses to start on any complaint."""

from collections.abc import Iterable

from terminal.actions import Action, Scope

KILL = "panic"
RESERVED = frozenset({"ctrl+c", "ctrl+z", "ctrl+s", "ctrl+i", "ctrl+m", "ctrl+left_square_bracket", "f10", "f11"})
"""Keys that terminals take or that equal another key: bound, they would not arrive."""


def complaints(actions: Iterable[Action]) -> tuple[str, ...]:
    """What is wrong with a table, one sentence each: twice the same id, a key twice in one scope, a key that an
    action of `EVERYWHERE` would take away, a reserved key, an action without keys, no kill key."""
    table = tuple(actions)
    found = [*_ids(table), *_keys(table)]
    kill = [a for a in table if a.id == KILL and a.scope is Scope.EVERYWHERE and a.keys]
    if not kill:
        found.append(f"no key opens PANIC: the action {KILL!r} must be bound everywhere")
    return tuple(found)


def _ids(table: tuple[Action, ...]) -> list[str]:
    seen: set[str] = set()
    found = []
    for a in table:
        if a.id in seen:
            found.append(f"the action {a.id!r} stands twice")
        seen.add(a.id)
        if not a.keys:
            found.append(f"the action {a.id!r} has no key")
    return found


def _keys(table: tuple[Action, ...]) -> list[str]:
    owner: dict[tuple[Scope, str], str] = {}
    everywhere = {key: a.id for a in table if a.scope is Scope.EVERYWHERE for key in a.keys}
    found = []
    for a in table:
        for key in a.keys:
            other = owner.setdefault((a.scope, key), a.id)
            if other != a.id:
                found.append(f"{key!r} is bound to {other!r} and {a.id!r} in the scope {a.scope.value!r}")
            if a.scope is not Scope.EVERYWHERE and key in everywhere:
                found.append(f"{key!r} of {a.id!r} is taken everywhere by {everywhere[key]!r}")
            if key in RESERVED:
                found.append(f"{key!r} of {a.id!r} does not reach a program in most terminals")
    return found

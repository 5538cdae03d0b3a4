"""The small family of exceptions. Expected outcomes are values; these are promises that broke."""


class TeziError(Exception):
    """Base of every exception that Tezi raises on purpose."""


class UserError(TeziError):
    """Something the person can mend: one or two plain lines: what was wrong, the value seen, what to do. Exit 3."""


class InvariantBroken(TeziError):
    """A fact that must always hold does not. The engine halts: nothing more is sent until a person looks."""


class StoreFailed(TeziError):
    """The journal could not be written; no order may leave."""

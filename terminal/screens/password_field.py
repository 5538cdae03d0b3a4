"""A field whose letters are not shown and are never kept in an undo or a clipboard of ours."""

from textual.widgets import Input

LENGTH_MAX = 256


def password_field(name: str, placeholder: str, *, hidden: bool = True, length_max: int = LENGTH_MAX) -> Input:
    """An empty field; `hidden` False for what a passer-by may read (a client code)."""
    field = Input(placeholder=placeholder, password=hidden, max_length=length_max, id=name, compact=True)
    field.cursor_blink = False
    return field

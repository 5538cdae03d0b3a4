"""First on the path of a child process: the guard of `tests/egress.py` holds there too, and writes down what it saw."""

from tests import egress

egress.install(tells=True)
egress.write_down("installed")

"""Why a mutant may survive: it changes nothing that anybody can see. Keyed by module and label (see mutants.py)."""

EXPLAINED: dict[tuple[str, str], str] = {}

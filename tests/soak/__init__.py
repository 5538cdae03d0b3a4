"""Long runs, by hand: each part is a module with `run() -> int`."""

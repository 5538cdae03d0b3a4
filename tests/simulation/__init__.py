"""The whole core and the practice exchange in one process under one seed: virtual time, in-memory network, no threads.

`python -m tests.simulation SEED [--minutes N]` runs one world and prints what happened.
"""

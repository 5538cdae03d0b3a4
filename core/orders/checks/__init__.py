"""The forty checks of the gate: the table, the facts they look at, and one module for each stage."""

"""The parts of an engine for practice and replay: the Angel adapters, pointed at the exchange."""

"""Circuit breaker, rate windows, the ladder, retries: all on the injected clock, no tasks."""

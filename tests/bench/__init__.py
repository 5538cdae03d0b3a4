"""Benchmarks: ratios measured beside a rival in the same run, never absolute times as tests."""

"""Secrets at rest: one encrypted file, opened by a password or by a key in the system's keyring."""

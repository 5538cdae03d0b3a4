"""The audit log: a chain of authenticated records in segments, its keys and anchors elsewhere, and its check."""

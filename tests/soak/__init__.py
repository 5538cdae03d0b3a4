"""Long runs, by part."""

"""The headless part of Tezi: everything that works without a screen."""

"""Statistical models, one topic per module."""

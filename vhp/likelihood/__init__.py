"""Estimates of -log p(x), and of what a bound loses."""

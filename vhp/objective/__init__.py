"""Bounds that are optimised, and the schedules of beta."""

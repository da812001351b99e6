"""Figures of human motion."""

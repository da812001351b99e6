"""Figures of experiments beside the report."""

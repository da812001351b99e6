"""Clones of this repository for the pipeline with another matrix."""

"""Graphs, paths and measures in latent space; no torch."""

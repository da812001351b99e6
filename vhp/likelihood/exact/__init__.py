"""Exact log p(x) where the latent space is a plane, and how far from it estimates are."""

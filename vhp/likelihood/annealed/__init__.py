"""Bounds on log p(x) from both sides, by annealed importance sampling: what says how far the estimates are off."""

"""-log p(x)."""

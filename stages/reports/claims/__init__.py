"""The paper's claims, one by one, and a verdict on each that is computed from the results."""

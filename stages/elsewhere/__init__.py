"""A machine without DVC: pack what it needs, work on it, bring the results back."""

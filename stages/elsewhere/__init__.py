"""A machine without DVC: pack what it needs, work there, bring the results back."""

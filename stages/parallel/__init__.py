"""Many stages at once, on one machine or on several; DVC decides what runs, and its caches keep the outputs."""

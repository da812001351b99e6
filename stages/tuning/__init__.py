"""Fair tuning: the same trials for every method, on validation data, all of them kept."""

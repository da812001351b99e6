"""Questions asked by hand of trained runs and data sets."""

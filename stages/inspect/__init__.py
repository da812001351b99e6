"""Tools to inspect trained runs and data sets by hand."""

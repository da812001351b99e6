"""A user's own file as a data set of the pipeline."""

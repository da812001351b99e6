"""Trained models of a table as an archive for a release, and back into the pipeline: `make weights`."""

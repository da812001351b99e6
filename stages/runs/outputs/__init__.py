"""What the stages write, as other stages read it: whole, of this run, and unaltered. One reader for each.

Before it is read, a file is compared with the checksum that dvc.lock has of it, where there is one; then its content is
checked: names, types and shapes, finiteness, and that it fits the run's configuration. Training, evaluation
and interpolation import neither values nor arrays: what those describe may change, and their results stay as new as
they were.
"""

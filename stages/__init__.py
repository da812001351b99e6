"""The pipeline's stages: thin scripts that read inputs, call vhp and write outputs.

Each runs as `python -m stages.<name>`.
"""

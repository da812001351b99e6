"""The pipeline's stages: thin scripts that read inputs, call vhp and write outputs. Run as `python -m stages.<name>`."""

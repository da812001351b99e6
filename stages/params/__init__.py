"""What params.yaml may contain: parameters are read, validated and resolved for each run."""

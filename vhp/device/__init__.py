"""The machine: compilation, precision and memory."""

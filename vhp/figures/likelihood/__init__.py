"""Figures of likelihoods: differences, minutes, the samples that count."""

"""Figures of likelihoods: differences, minutes, seeds, samples and which of them count."""

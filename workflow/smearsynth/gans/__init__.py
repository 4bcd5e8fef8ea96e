"""Generators of cells: networks, losses, training, sampling."""

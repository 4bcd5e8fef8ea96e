"""Pairs: the real cell on black beside its label picture (thesis 3.3)."""

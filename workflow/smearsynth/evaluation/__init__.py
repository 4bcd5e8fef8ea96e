"""How good the synthetic cells are, measured on real ones."""

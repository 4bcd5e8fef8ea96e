"""Catalogue to label image beside real image."""

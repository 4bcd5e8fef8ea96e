"""Models that read cells and smears."""

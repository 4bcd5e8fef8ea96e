"""Annotated cells from any source: outlines, duplicates, splits; one clean catalogue."""

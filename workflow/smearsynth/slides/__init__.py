"""Layout and generators to picture, owner map and COCO annotations."""

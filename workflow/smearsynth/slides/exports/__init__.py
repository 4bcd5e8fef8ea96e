"""Slides in the formats of other tools: each module turns a slide's annotations into that tool's content."""

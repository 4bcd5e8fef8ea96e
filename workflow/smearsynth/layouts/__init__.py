"""Where cells lie in a slide."""

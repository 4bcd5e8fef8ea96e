"""What the papers show, from this run's results, beside what they report."""

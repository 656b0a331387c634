"""File mode: rates files into the embedded store, exactly once."""

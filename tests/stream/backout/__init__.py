"""Taking a file out again."""

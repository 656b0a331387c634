"""Made traffic on an invented number plan, to show the whole line."""

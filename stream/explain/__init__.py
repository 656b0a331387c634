"""From a record to its price, and from a statement's line to its calls: every step with its source."""

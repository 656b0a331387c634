"""Taking a file out again: its records, their usage and identities, and what stood behind them."""

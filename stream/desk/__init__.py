"""What the analyst asks of the books; the commands only print it."""

"""What waits: listed with what would mend it, and tried again."""

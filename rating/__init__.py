"""The judgement: pure decisions on usage, terms and money. No clock, file, socket or log."""

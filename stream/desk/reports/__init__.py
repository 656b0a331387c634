"""Tables over the books and the usage, for people, spreadsheets and programs; they decide and change nothing."""

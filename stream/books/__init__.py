"""The store: ledger, statements, suspense, cells and identities."""

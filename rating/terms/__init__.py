"""Instruments as data: the typed model of clauses and effects, and what is in force when."""

"""Deciding archived calls again under today's reference data: a correction layer beside what was rated."""

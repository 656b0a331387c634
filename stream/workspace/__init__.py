"""Reads a workspace: settings, instruments, reference tables, events."""

"""Effective-dated look-ups: number plan, calling areas, trunk groups, history."""

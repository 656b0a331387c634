"""Measurements of the engine on this machine: ``uv run python -m benchmarks [--quick] [CASE ...]``.

Absolute figures are of one machine and one hour; compare those of one run. A measurement is never a test.
"""

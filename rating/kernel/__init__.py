"""Compiled kernels over arrays and integers; nothing but numba and numpy in here."""

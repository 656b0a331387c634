"""The world: everything with a clock, a disk or a socket."""

"""The instruments that ship with the package, and how a file becomes one."""

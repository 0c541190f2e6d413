"""A toolbox of shell commands built on the modules of the standard library."""

__version__ = "0.1.0"

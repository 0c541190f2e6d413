"""Small filters of lines: count them, substitute in them, wrap them, pick some; each a front on one module.

They read standard input or files, a block at a time, and write standard output.
"""

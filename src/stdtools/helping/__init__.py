"""Help beyond one command: texts about what all of them share."""

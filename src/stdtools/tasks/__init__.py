"""Tasks and projects in one SQLite file that a person and a script share: fed from CSV, undone step by step."""

"""What differs between files: ``stdtools diff``, and difflib's interfaces over a faster matcher."""

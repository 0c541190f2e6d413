"""What order is good for: the largest of many lines, sorted files merged, a line found in one by halving it."""

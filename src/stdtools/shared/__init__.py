"""What two or more tools need, one small file per idea."""

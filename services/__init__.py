"""Use cases that outlive one update."""

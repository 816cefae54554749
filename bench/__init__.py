"""What is claimed about speed, measured beside a peer in the same run."""

"""/shares: the person's own shares at HDHive, and a new one, question by question."""

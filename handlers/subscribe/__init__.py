"""/subscribe and /subscriptions: what is followed, and how its news are told, here and in groups."""

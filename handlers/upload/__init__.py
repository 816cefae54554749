"""/upload and files that are sent: the queue, the cards under way, and what came of each."""

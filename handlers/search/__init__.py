"""/search and plain titles, and what further sources have under the same words."""

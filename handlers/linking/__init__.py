"""/link and /unlink: over a consent page, with a code, or by a key or login."""

"""/settings: one card, section by section."""

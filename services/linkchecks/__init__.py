"""Checks of share links: runs that show on a card, and the verdicts they come to."""

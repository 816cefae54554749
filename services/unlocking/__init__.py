"""Unlocks: what may be spent, the ledger of it, and the end of those in doubt."""

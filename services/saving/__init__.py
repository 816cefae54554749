"""Saves into the person's drive: looked into, picked, one at a time, told how far they are."""

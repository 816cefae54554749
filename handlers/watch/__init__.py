"""What matters though nobody asked: how it looks, and what is done about it."""

"""The composition root and the process."""

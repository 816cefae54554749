"""Look after linked accounts, and tell what matters though nobody asked."""

from services.watch.watching import Watching

__all__ = ["Watching"]

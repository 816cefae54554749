"""Numbers of bytes as people write them."""


def size(count: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.2f} TB"

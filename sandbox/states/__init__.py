"""What the stand-ins remember; apart from their routes, so that the world can hold it."""

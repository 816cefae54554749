"""/videos: the Mika site's videos: found, watched, changed, deleted."""

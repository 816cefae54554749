"""One package per upstream, over one transport."""

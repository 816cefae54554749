"""Share links and their access codes, found in what people write."""

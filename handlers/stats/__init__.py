"""/stats: the Mika site in numbers and as a picture."""

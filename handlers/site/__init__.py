"""Running the Mika site: its categories and its settings, for its admins."""

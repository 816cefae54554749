"""/inbox: messages on ACGBT, and the notice of new ones."""

"""/accounts: what is linked, and the accounts at ACGBT and Mika with their keys."""

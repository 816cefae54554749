"""/acg: lists of ACGBT, its resources with pictures and comments, and what is new on it."""

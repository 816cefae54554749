"""/admin: the house for its operators: how it is, what was given up, what is in doubt, word to everybody."""

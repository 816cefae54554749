"""Ways to link an account, and the way to take its grant back."""

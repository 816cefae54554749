"""What a command ends with, for the shell that started it."""

OK, FAILED, BAD_SETTINGS = 0, 1, 2

"""/usage: quotas, calls and space, as a picture and in numbers."""

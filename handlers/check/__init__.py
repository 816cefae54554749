"""/check and pasted links: verdicts that come in on one live card."""

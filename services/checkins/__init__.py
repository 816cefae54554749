"""Check-ins at HDHive: now and every day by themselves, and what became of each."""

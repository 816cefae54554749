"""/checkin: today's check-in, every day's, and what became of them."""

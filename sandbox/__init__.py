"""Stand-ins of Telegram and the six services, with a chat page."""

"""The bot in groups: its hello, who decides there, and what groups are told."""

"""The bot in groups: its hello, who belongs and who decides there, and what groups are told."""

"""Tables and queries, encryption, migrations."""

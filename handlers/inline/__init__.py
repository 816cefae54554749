"""`@bot WORDS` in any chat: titles, resources of ACGBT, one's own files."""

"""/publish: a resource for ACGBT, from the first question to the page it is on."""

"""/transcode: the Mika site's tasks, kept up to date, and who is told of their ends."""

"""/drive: the person's own Disk.Top drive: folders, files, marks, search."""

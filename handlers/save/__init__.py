"""/save: a share's tree, what is picked of it, and the save under way."""

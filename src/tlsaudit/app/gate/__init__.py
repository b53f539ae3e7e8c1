"""Judge a change of a server's configuration before it ships."""

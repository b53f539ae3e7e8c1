"""What the gateways of a link tell of it: one source a file, and a common form for what each tells."""

"""Keys as their owners publish them: what kind, and whether a signature is theirs. Pure."""

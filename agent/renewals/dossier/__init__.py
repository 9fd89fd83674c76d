"""The dossier's rules: what must be there, and what form it must have. Pure."""

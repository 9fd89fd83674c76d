"""What a certificate says: its parts, its organisation, its days. Pure rules, no I/O."""

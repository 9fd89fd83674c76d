"""What a certification authority is to a renewal, and the protocols it may speak."""

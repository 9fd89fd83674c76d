"""What the rooms of a renewal share: what can be wrong with a wish, and finding what it is about."""

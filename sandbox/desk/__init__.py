"""What stands around an authority on one desk: tokens, the demo, updates."""

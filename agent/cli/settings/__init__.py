"""What is set, and which sites may ask for what."""

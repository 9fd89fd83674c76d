"""What is kept of a renewal, and how."""

"""Documents: signing them, and verifying their signatures."""

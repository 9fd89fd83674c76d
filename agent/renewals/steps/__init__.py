"""How a renewal goes from state to state."""

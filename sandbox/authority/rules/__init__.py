"""What the authority goes by: facts, forms and rules. Pure."""

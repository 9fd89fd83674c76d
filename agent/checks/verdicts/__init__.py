"""What is to be said of what the probes saw. Pure: facts in, findings out."""

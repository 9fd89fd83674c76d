"""What all commands share: the way to the agent, what is printed, how a command ends."""

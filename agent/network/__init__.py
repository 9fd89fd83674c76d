"""The ways out of this computer."""

"""Driving any authority's server through the RA API and EST, with a verdict for each step."""

"""A dossier while it is filled in: kept sealed with its renewal, so that it can be left and taken up."""

"""Renewals: the state machine, its journal, the dossier and the clients of the authorities."""

"""The methods of the local API, a module for each subject."""

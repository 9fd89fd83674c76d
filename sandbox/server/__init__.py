"""HTTP: routes over the authority."""

"""Which web sites may ask for what: rules on origins, the user's decisions, and asking for one."""

"""软件升级: new versions, told of and fetched by The Update Framework; installing is the system's."""

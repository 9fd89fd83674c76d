"""证照更新 from a terminal."""

"""What any program needs: errors, language, clock, bus, framing. Imports nothing of ours."""

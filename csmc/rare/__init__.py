"""Rare events by multilevel splitting: chains of draws, levels of escalation, and runs that any engine can do."""

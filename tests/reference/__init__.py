"""The crisis model in plain Python, written from its description alone, to verify the compiled kernel."""

"""What is done with a source beside its form: a test, a new key, its end, its mapping."""

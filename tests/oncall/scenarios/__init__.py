"""The scenarios every pager must pass, through the door: HTTP in, time on, messages out, and nothing else."""

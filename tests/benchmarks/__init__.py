"""Speed, against a floor measured in the same run. By name only: `python -m tests.benchmarks.alert_in`.

Each starts its own servers and processes in a scratch folder and prints a table of ratios (PERFORMANCE).
"""

TABLE = """
CREATE TABLE IF NOT EXISTS floor_post (id text PRIMARY KEY, body bytea, at timestamptz, done timestamptz)
"""

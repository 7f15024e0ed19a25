"""From columns to matrices."""

"""Rooms that look and never change anything."""

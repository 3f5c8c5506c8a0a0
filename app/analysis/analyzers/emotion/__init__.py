"""Emotion and sentiment from lexicons of our own."""

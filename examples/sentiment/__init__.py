"""Sentiment: reads a review word by word and says which label it deserves."""

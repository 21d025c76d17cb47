"""Grammar: reads a sentence and says whether its words are in order."""

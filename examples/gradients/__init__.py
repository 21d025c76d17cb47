"""Why it forgets: gradients through time, measured, and what follows for learning."""

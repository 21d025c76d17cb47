"""Applied examples of recurrent networks; each package solves one sequence task."""

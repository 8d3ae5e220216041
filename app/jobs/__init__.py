"""What a job is: the fold of its events and the shape in which it is shown."""

"""Events from outside: read, checked and normalised once, handed to the writer, answered."""

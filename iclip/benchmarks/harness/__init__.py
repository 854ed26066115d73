"""How things are measured, whatever they are: rounds, memory, the machine, and the tables."""

"""What happens before the first iteration of a run: its config is read, its needs are checked."""

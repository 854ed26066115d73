"""What a run of several processes knows of them: who they are, how they join, what they tell."""

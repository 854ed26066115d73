"""How a checkpoint gets from the running training into its folder."""

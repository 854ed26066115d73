"""The experiments on the toy world: methods and transfers beside each other."""

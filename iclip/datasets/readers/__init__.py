"""One reader per layout of files; training, evaluation and the checks before a start share them."""

"""A trained model in Python: :func:`iclip.load_model`, and what it predicts."""

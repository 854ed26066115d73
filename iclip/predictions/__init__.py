"""What a model found, as arrays, and the forms in which other tools take it."""

from iclip.predictions.prediction import Prediction
from iclip.predictions.predictions import Predictions

__all__ = ["Prediction", "Predictions"]

"""Predict with a trained detector, segmentation model or video classifier."""

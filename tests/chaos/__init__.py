"""Faults injected into trainings, and what is lost by them: ``python -m tests.chaos``."""

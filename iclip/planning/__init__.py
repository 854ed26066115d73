"""What a training needs, known before its GPUs are rented."""

from iclip.planning.own_process import fitting_micro_batch, plan_training

__all__ = ["fitting_micro_batch", "plan_training"]

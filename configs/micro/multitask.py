# Naive multi-task training in miniature: a linear classifier and a contrastive loss on one image
# tower.
#
# Command:   tools/pretrain.sh configs/micro/multitask.py
# Hardware:  two CPU cores, 4 minutes
# Score:     82.1 % of seen categories with the linear classifier
#            (96,000 samples, mean of three seeds; BENCHMARKS.md)
_base_ = "./iclip.py"
expected = None
model = dict(type="MultiTask")
seen, *others = _base_.val_evaluator
val_evaluator = [[*seen, dict(type="ClassifierAccuracy", prefix="seen_head")], *others]

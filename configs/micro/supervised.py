# Supervised classification in miniature: labelled images and a linear classifier, no text.
#
# Command:   tools/pretrain.sh configs/micro/supervised.py
# Hardware:  two CPU cores, 4 minutes
# Score:     94.4 % of seen categories
#            (96,000 samples, mean of three seeds; BENCHMARKS.md)
_base_ = "./iclip.py"
expected = None
model = dict(type="Supervised")
train_dataloader = dict(batch_sampler=dict(ratio=(1, 0)))
# The classifier has no logits for new categories, so only the seen ones are validated.
val_dataloader = [
    loader
    for loader in _base_.val_dataloader
    if loader["dataset"].get("root") == f"{_base_.toy}/labelled/val"
]
val_evaluator = [dict(type="ClassifierAccuracy", prefix="seen_head")]

# Supervised classification in small: labelled images and a linear classifier, no text.
# Command:  tools/pretrain.sh configs/micro/supervised.py
_base_ = "./iclip.py"
model = dict(type="Supervised")
train_dataloader = dict(batch_sampler=dict(ratio=(1, 0)))
val_dataloader = _base_.val_dataloader[:1]
val_evaluator = [dict(type="HeadAccuracy", prefix="seen_head")]

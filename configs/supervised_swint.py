# Ablation, supervised training on ImageNet-21K alone, at the same number of samples. Nothing is
# validated during training: without a text tower, the model knows only its own classes, which are
# not ImageNet-1K's.
#
# Command:   tools/pretrain.sh configs/supervised_swint.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. The paper's score is not in its supplement
_base_ = "./iclip_swint_pairs50.py"
model = dict(type="Supervised")
train_dataloader = dict(
    batch_sampler=dict(ratio=(1, 0)),
    dataset=dict(labelled=dict(fraction=1.0), pairs=None),
)
val_dataloader = None
val_evaluator = None
val_cfg = None

# Table 1, YFCC-14M : ImageNet-21K = 75 : 25, at the same number of samples.
#
# Command:   tools/pretrain.sh configs/iclip_swint_pairs75.py 8
# Hardware:  as iclip_swint_pairs50.py
# Recalled:  that 75 % of the samples come from 75 % of YFCC-14M, so each source is seen 32 times
# Score:     not yet run. Paper: IN-1K 43.9, MS-COCO recall@1 15.2 (text to image), 27.5 (image to
#            text)
_base_ = "./iclip_swint_pairs50.py"
train_dataloader = dict(
    batch_sampler=dict(ratio=(25, 75)),
    dataset=dict(labelled=dict(fraction=0.25), pairs=dict(fraction=0.75)),
)

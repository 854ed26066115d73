# Table 1, YFCC-14M : ImageNet-21K = 25 : 75, at the same number of samples.
#
# Command:   tools/pretrain.sh configs/iclip_swint_pairs25.py 8
# Hardware:  as iclip_swint_pairs50.py
# Recalled:  that 25 % of the samples come from 25 % of YFCC-14M, so each source is seen 32 times
# Score:     not yet run. Paper: IN-1K 44.8, MS-COCO recall@1 14.1 (text to image), 27.1 (image to
#            text)
_base_ = "./iclip_swint_pairs50.py"
train_dataloader = dict(
    batch_sampler=dict(ratio=(75, 25)),
    dataset=dict(labelled=dict(fraction=0.75), pairs=dict(fraction=0.25)),
)

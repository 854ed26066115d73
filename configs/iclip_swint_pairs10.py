# Table 1, YFCC-14M : ImageNet-21K = 10 : 90, at the same number of samples.
#
# Command:   tools/pretrain.sh configs/iclip_swint_pairs10.py 8
# Hardware:  as iclip_swint_pairs50.py
# Recalled:  that 10 % of the samples come from 10 % of YFCC-14M, so each source is seen 32 times
# Score:     not yet run. Paper: IN-1K 44.2, MS-COCO recall@1 14.9 (text to image), 25.9 (image to
#            text)
_base_ = "./iclip_swint_pairs50.py"
train_dataloader = dict(
    batch_sampler=dict(ratio=(90, 10)),
    dataset=dict(labelled=dict(fraction=0.9), pairs=dict(fraction=0.1)),
)

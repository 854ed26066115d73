# Table 1, YFCC-14M : ImageNet-21K = 90 : 10, at the same number of samples.
#
# Command:   tools/pretrain.sh configs/iclip_swint_pairs90.py 8
# Hardware:  as iclip_swint_pairs50.py
# Recalled:  that 90 % of the samples come from 90 % of YFCC-14M, so each source is seen 32 times
# Score:     not yet run. Paper: IN-1K 40.9, MS-COCO recall@1 13.9 (text to image), 25.5 (image to
#            text)
_base_ = "./iclip_swint_pairs50.py"
train_dataloader = dict(
    batch_sampler=dict(ratio=(10, 90)),
    dataset=dict(labelled=dict(fraction=0.1), pairs=dict(fraction=0.9)),
)

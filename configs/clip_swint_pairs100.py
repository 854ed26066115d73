# Table 1, pairs alone: CLIP on YFCC-14M, at the same number of samples. Class texts (names without
# descriptions) serve zero-shot validation only.
#
# Command:   tools/pretrain.sh configs/clip_swint_pairs100.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. Paper: IN-1K 30.1 (from UniCL's paper), MS-COCO recall@1 12.5 (text to
#            image), 21.2 (image to text)
_base_ = "./iclip_swint_pairs50.py"
model = dict(type="CLIP", class_prompts=dict(variant="name"))
train_dataloader = dict(
    batch_sampler=dict(ratio=(0, 1)),
    dataset=dict(labelled=None, pairs=dict(fraction=1.0)),
)

# iCLIP with Swin-T, half of YFCC-14M and half of ImageNet-21K: the 50 : 50 row of Table 1 and
# iCLIP's first row of Table 2. The other Swin-T configs state how they differ from this one.
#
# Command:   tools/pretrain.sh configs/iclip_swint_pairs50.py 8
# Hardware:  8 GPUs of 80 GB: 4,160 = 8 GPUs x 1 x 520, which needs 37 GiB of each by
#            tools/plan.py, not measured
# Paper:     data, ratio, 32 epochs from scratch
# Public:    UniCL's optimizer settings
# Recalled:  the global batch, see _base_/schedules/swint_32e.py
# Score:     not yet run. Paper: IN-1K 45.9, MS-COCO recall@1 15.5 (text to image), 27.2 (image to
#            text), Flickr30K 31.9, 49.8
_base_ = [
    "_base_/models/iclip_swint.py",
    "_base_/datasets/in21k_yfcc14m.py",
    "_base_/datasets/imagenet_coco_val.py",
    "_base_/schedules/swint_32e.py",
    "_base_/runtime.py",
]

# Table 2, UniCL on all of YFCC-14M and ImageNet-21K; class texts are names.
#
# Command:   tools/pretrain.sh configs/unicl_swint_full.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. Paper (its reproduction): Flickr30K recall@1 34.0 (text to image), 50.3
#            (image to text), MS-COCO 17.7, 28.0
_base_ = "./iclip_swint_full.py"
model = dict(type="UniCL", class_prompts=dict(variant="name"))

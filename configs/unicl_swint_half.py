# Table 2, UniCL on half of YFCC-14M and half of ImageNet-21K; class texts are names.
#
# Command:   tools/pretrain.sh configs/unicl_swint_half.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. Paper (its reproduction): Flickr30K recall@1 21.5 (text to image), 37.9
#            (image to text), MS-COCO 12.5, 21.2
_base_ = "./iclip_swint_pairs50.py"
model = dict(type="UniCL", class_prompts=dict(variant="name"))

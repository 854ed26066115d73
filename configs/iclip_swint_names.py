# Ablation: iCLIP without descriptions; the text tower reads class names alone.
#
# Command:   tools/pretrain.sh configs/iclip_swint_names.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. The paper's score is not in its supplement
_base_ = "./iclip_swint_pairs50.py"
model = dict(class_prompts=dict(variant="name"))

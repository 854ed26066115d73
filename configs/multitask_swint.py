# Ablation, naive multi-task training: a linear classifier and a contrastive loss on one image
# tower.
#
# Command:   tools/pretrain.sh configs/multitask_swint.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. The paper's score is not in its supplement
_base_ = "./iclip_swint_pairs50.py"
model = dict(type="MultiTask", class_prompts=dict(variant="name"))

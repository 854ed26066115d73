# CLIP in small: pairs alone. Class texts (with descriptions) serve zero-shot evaluation only.
# Command:  tools/pretrain.sh configs/micro/clip.py
_base_ = "./iclip.py"
model = dict(type="CLIP")
train_dataloader = dict(batch_sampler=dict(ratio=(0, 1)))

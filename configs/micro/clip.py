# CLIP in miniature: pairs alone. Class texts (with descriptions) serve zero-shot evaluation only.
#
# Command:   tools/pretrain.sh configs/micro/clip.py
# Hardware:  two CPU cores, 4 minutes
# Score:     34.0 % of seen categories zero-shot, recall@1 73.3 % image to text
#            (96,000 samples, mean of three seeds; BENCHMARKS.md)
_base_ = "./iclip.py"
expected = None
model = dict(type="CLIP")
train_dataloader = dict(batch_sampler=dict(ratio=(0, 1)))

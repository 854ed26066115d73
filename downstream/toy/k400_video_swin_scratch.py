# The baseline of k400_video_swin.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_scratch.py
# Hardware:  one CPU core
_base_ = "./k400_video_swin.py"
expected = {"acc/top1": dict(runs=(6.2, 6.2, 10.4))}
model = dict(backbone=dict(checkpoint=None))

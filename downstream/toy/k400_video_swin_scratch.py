# The baseline of k400_video_swin.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_scratch.py
# Hardware:  one CPU core
_base_ = "./k400_video_swin.py"
model = dict(backbone=dict(checkpoint=None))

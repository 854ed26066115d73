# The baseline of k400_video_swin_30e.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/k400_video_swin_scratch_30e.py 8
# Hardware:  as k400_video_swin_30e.py
# Score:     not yet run
_base_ = "./k400_video_swin_30e.py"
model = dict(backbone=dict(checkpoint=None))

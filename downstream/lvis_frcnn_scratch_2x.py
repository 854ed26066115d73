# The baseline of lvis_frcnn_2x.py that starts from random weights. For one that starts from
# another file (an official Swin, a timm model): the same config, --checkpoint FILE.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_scratch_2x.py 8
# Hardware:  as lvis_frcnn_2x.py
# Score:     not yet run
_base_ = "./lvis_frcnn_2x.py"
model = dict(backbone=dict(checkpoint=None))

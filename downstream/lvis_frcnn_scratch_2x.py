# The baseline of lvis_frcnn_2x.py that starts from random weights. To start from another file, such
# as an official Swin or a timm model, run this config with --checkpoint FILE.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_scratch_2x.py 8
# Hardware:  as lvis_frcnn_2x.py
# Score:     not yet run
_base_ = "./lvis_frcnn_2x.py"
model = dict(backbone=dict(checkpoint=None))

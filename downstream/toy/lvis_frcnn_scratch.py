# The baseline of lvis_frcnn.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_scratch.py
# Hardware:  one CPU core
_base_ = "./lvis_frcnn.py"
model = dict(backbone=dict(checkpoint=None))

# The baseline of lvis_frcnn.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_scratch.py
# Hardware:  one CPU core
_base_ = "./lvis_frcnn.py"
expected = {
    "lvis/AP": dict(runs=(23.1, 21.0, 21.2)),
    "lvis/APr": dict(runs=(16.2, 13.8, 14.2)),
}
model = dict(backbone=dict(checkpoint=None))

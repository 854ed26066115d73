# The baseline of ade20k_maskformer.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer_scratch.py
# Hardware:  one CPU core
_base_ = "./ade20k_maskformer.py"
expected = {"mIoU": dict(runs=(32.6, 32.4, 31.9))}
model = dict(backbone=dict(checkpoint=None))

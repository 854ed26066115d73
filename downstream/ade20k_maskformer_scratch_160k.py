# The baseline of ade20k_maskformer_160k.py that starts from random weights.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_scratch_160k.py 8
# Hardware:  as ade20k_maskformer_160k.py
# Score:     not yet run
_base_ = "./ade20k_maskformer_160k.py"
model = dict(backbone=dict(checkpoint=None))

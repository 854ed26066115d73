# The control of ade20k_maskformer_openvocab.py whose classes are their names alone, as in
# lvis_frcnn_openvocab_names.py. The six grounds have names of the dictionary.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer_openvocab_names.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./ade20k_maskformer_openvocab.py"
model = dict(decode_head=dict(classifier=dict(variant="name")))

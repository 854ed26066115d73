# The control of k400_video_swin_openvocab.py whose classes are their names alone, as in
# lvis_frcnn_openvocab_names.py.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_openvocab_names.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./k400_video_swin_openvocab.py"
model = dict(cls_head=dict(classifier=dict(variant="name")))

# Faster R-CNN with iCLIP's Swin-B on LVIS v1: the detection transfer of Section C.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_2x.py 8 [--checkpoint
#            work_dirs/iclip_swinb/latest.pth]
# Hardware:  8 GPUs of 32 GB. The networks need 15 GiB of each by tools/plan.py, which leaves the
#            losses out; neither memory nor time has been measured
# Recipe:    _base_/lvis_frcnn.py states the origin of each number
# Score:     not yet run
_base_ = "./_base_/lvis_frcnn.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
model = dict(backbone=dict(checkpoint=checkpoint))

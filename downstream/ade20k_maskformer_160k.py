# MaskFormer with iCLIP's Swin-B on ADE20K: the segmentation transfer of Section C.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_160k.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 32 GB. The networks need 8 GiB of each by tools/plan.py, which leaves the
#            losses out; neither memory nor time has been measured
# Recipe:    _base_/ade20k_maskformer.py states the origin of each number
# Score:     not yet run. Anchor: Swin-B of window 12 and 384 pixels has 52.7 mIoU [public]
_base_ = "./_base_/ade20k_maskformer.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
model = dict(backbone=dict(checkpoint=checkpoint))

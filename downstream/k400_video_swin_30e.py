# Video Swin with iCLIP's Swin-B on Kinetics-400: the video transfer of Section C.
#
# Command:   tools/dist_train.sh downstream/k400_video_swin_30e.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 32 GB. The networks need 20 GiB of each by tools/plan.py, which leaves the
#            losses out; neither memory nor time has been measured
# Recipe:    _base_/k400_video_swin.py states the origin of each number
# Score:     not yet run. Anchor: Swin-B with ImageNet-22K weights has 82.7 top-1 [public]
_base_ = "./_base_/k400_video_swin.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
model = dict(backbone=dict(checkpoint=checkpoint))

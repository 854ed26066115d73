# Table 2, iCLIP on all of YFCC-14M and ImageNet-21K: 32 epochs, twice the samples of Table 1.
#
# Command:   tools/pretrain.sh configs/iclip_swint_full.py 8
# Hardware:  as iclip_swint_pairs50.py
# Score:     not yet run. Paper: Flickr30K recall@1 37.1 (text to image), 55.7 (image to text),
#            MS-COCO 18.5, 30.7
_base_ = "./iclip_swint_pairs50.py"
max_iters = 32 * ((_base_.yfcc14m_images + _base_.in21k_images) // _base_.global_batch_size)
train_cfg = dict(max_iters=max_iters)
train_dataloader = dict(dataset=dict(labelled=dict(fraction=1.0), pairs=dict(fraction=1.0)))

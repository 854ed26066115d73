# The control of ade20k_maskformer_openvocab.py with MaskFormer's own linear classifier, which
# learns no weights for what it is not shown. Masks, backbone and budget are the same.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer_openvocab_linear.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./ade20k_maskformer_openvocab.py"
from iclip.config_functions import without_settings

tested = _base_.model["decode_head"]["tested_classes"]["num_classes"]
decode_head = without_settings(
    _base_.model["decode_head"], "classifier", "tested_classes", "pooled_weights"
)
model = dict(
    decode_head=dict(
        decode_head,
        _delete_=True,
        type="MaskFormerHead",
        num_classes=tested,
        loss_cls=dict(decode_head["loss_cls"], class_weight=[1.0] * tested + [0.1]),
    )
)
train_dataloader = dict(dataset=dict(keep_labels=True))

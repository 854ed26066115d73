# MaskFormer on ADE20K whose classes are words: the pre-trained text tower writes the classifier of
# the queries. All 150 classes have pixels in training.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_text_160k.py 8 [--checkpoint
#            work_dirs/iclip_swinb/latest.pth]
# Needs:     $ICLIP_DATA/ade20k/class_texts.jsonl: tools/build_class_texts.py --names F, where F has
#            the names of mmseg's ADE20KDataset.METAINFO["classes"], one per line in their order
#            (--csv, to add descriptions)
# Hardware:  as ade20k_maskformer_160k.py
# Protocol:  ADE20K, single-scale mIoU of the validation set, closed: trained with text weights on
#            the classes that are tested. NOT an open-vocabulary figure, and not to be set beside
#            one; ade20k_maskformer_openvocab_160k.py is for that
# Anchors:   Swin-B with a linear classifier, window 12 and 384 pixels, has 52.7 mIoU [public]
# Recipe:    ade20k_maskformer_160k.py. [choice] A new projection of the queries to the joint space,
#            one learnt background for "no object"
# Score:     not yet run
_base_ = "./ade20k_maskformer_160k.py"

protocol = "ade150-closed-text"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
classifier = dict(
    type="iclip.TextClassifier",
    embed_dim=256,  # of the checkpoint's joint space
    class_texts="{{$ICLIP_DATA:data}}/ade20k/class_texts.jsonl",
    checkpoint=checkpoint,
    templates="simple",
    variant="name_description",
)
model = dict(decode_head=dict(type="iclip.TextMaskFormerHead", classifier=classifier))

# ade20k_maskformer_text_160k.py in miniature: the toy's scenes with a class per look, 50 seen
# categories, 6 grounds, 10 new combinations and 12 with a new word, all of them trained by words.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer_text.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./ade20k_maskformer.py"
expected = None

protocol = "toy-closed-text"
num_classes = 78
toy = "{{$ICLIP_DATA:data}}/toy"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"
class_texts = f"{toy}/open_vocabulary/class_texts_scenes.jsonl"
classifier = dict(
    type="iclip.TextClassifier",
    embed_dim=64,
    class_texts=class_texts,
    checkpoint=checkpoint,
    templates="simple",
    variant="name_description",
)
model = dict(
    decode_head=dict(
        type="iclip.TextMaskFormerHead",
        num_classes=num_classes,
        classifier=classifier,
        loss_cls=dict(class_weight=[1.0] * num_classes + [0.1]),
    )
)
# The scenes of toy/ade20k, and maps that tell looks apart where those tell shapes.
scenes = dict(
    _delete_=True,
    type="iclip.SegmentationOfClasses",
    class_texts=class_texts,
    data_root=toy,
    reduce_zero_label=True,
)
train_dataloader = dict(
    dataset=dict(
        scenes,
        data_prefix=dict(
            img_path="ade20k/images/training",
            seg_map_path="open_vocabulary/annotations/training",
        ),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        scenes,
        data_prefix=dict(
            img_path="ade20k/images/validation",
            seg_map_path="open_vocabulary/annotations/validation",
        ),
        pipeline=_base_.test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(
    groups={
        kind: f"{toy}/class_texts_{kind}.jsonl" for kind in ("seen", "new_combination", "new_word")
    }
)
test_evaluator = val_evaluator

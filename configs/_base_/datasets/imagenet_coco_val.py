# Validation during training: zero-shot on ImageNet-1K (50,000), retrieval on MS-COCO (5K test).
#
#   $ICLIP_DATA/in1k/val/<wnid>/*.JPEG
#   $ICLIP_DATA/in1k/class_texts.jsonl       by tools/build_class_texts.py --wnids .../in1k/val
#   $ICLIP_DATA/coco/dataset_coco.json       Karpathy's split
#   $ICLIP_DATA/coco/images/val2014/*.jpg    the split's `filepath` is the folder below images
eval_data = "{{$ICLIP_DATA:data}}"
# The usual evaluation of ImageNet: shorter side 256, center crop of 224 pixels.
val_image_transform = dict(type="ResizeCenterCrop", size=224, resize=256)
val_tokenizer = dict(type="CLIPTokenizer", context_length=77)
val_loader = dict(
    batch_size=256,
    num_workers=8,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="iclip.collate_samples"),
)
val_dataloader = [
    dict(
        dataset=dict(
            type="LabelledImages",
            root=f"{eval_data}/in1k/val",
            class_texts=f"{eval_data}/in1k/class_texts.jsonl",
            image_transform=val_image_transform,
        ),
        **val_loader,
    ),
    dict(
        dataset=dict(
            type="RetrievalImages",
            annotations=f"{eval_data}/coco/dataset_coco.json",
            image_root=f"{eval_data}/coco/images",
            image_transform=val_image_transform,
            tokenizer=val_tokenizer,
        ),
        **val_loader,
    ),
]
val_evaluator = [
    dict(
        type="ZeroShotAccuracy",
        class_texts=f"{eval_data}/in1k/class_texts.jsonl",
        prefix="imagenet1k",
    ),
    dict(type="RetrievalRecall", prefix="coco"),
]
val_cfg = dict(type="MultiValLoop", precision="auto")

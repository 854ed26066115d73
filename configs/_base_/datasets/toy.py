# The toy world of tools/make_toy_data.py: half of each batch labelled images, half pairs.
toy = "{{$ICLIP_DATA:data}}/toy"
image_size = 32
caption_tokenizer = dict(type="CLIPTokenizer", context_length=48)

# No mirroring, because captions distinguish left from right.
train_transform = dict(
    type="RandomResizedCropFlip", size=image_size, scale=(0.6, 1.0), ratio=(0.9, 1.1), flip=0.0
)
eval_transform = dict(type="ResizeCenterCrop", size=image_size)

global_batch_size = 128
train_dataloader = dict(
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type="SourceSampler"),
    batch_sampler=dict(type="MixingBatchSampler", ratio=(1, 1)),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="MixedSources",
        labelled=dict(
            type="LabelledImages",
            root=f"{toy}/labelled/train",
            class_texts=f"{toy}/class_texts_seen.jsonl",
            image_transform=train_transform,
        ),
        pairs=dict(
            type="ImageTextPairs",
            shards=f"{toy}/pairs",
            image_transform=train_transform,
            tokenizer=caption_tokenizer,
        ),
    ),
)

# Labels index the table of all categories, which begins with those seen in training.
all_classes = f"{toy}/class_texts_all.jsonl"
eval_loader = dict(
    batch_size=250,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="iclip.collate_samples"),
)
val_dataloader = [
    dict(
        dataset=dict(
            type="LabelledImages",
            root=f"{toy}/labelled/{folder}",
            class_texts=all_classes,
            image_transform=eval_transform,
        ),
        **eval_loader,
    )
    for folder in ("val", "val_new_combination", "val_new_word")
] + [
    dict(
        dataset=dict(
            type="RetrievalImages",
            annotations=f"{toy}/retrieval/karpathy.json",
            image_root=f"{toy}/retrieval/images",
            image_transform=eval_transform,
            tokenizer=caption_tokenizer,
        ),
        **eval_loader,
    )
]
# Each kind of category is scored among its own kind and among all categories.
val_evaluator = [
    [
        dict(
            type="ZeroShotAccuracy",
            class_texts=all_classes,
            restrict_to=f"{toy}/class_texts_{kind}.jsonl",
            prefix=kind,
        ),
        dict(type="ZeroShotAccuracy", class_texts=all_classes, prefix=f"{kind}_among_all"),
    ]
    for kind in ("seen", "new_combination", "new_word")
] + [dict(type="RetrievalRecall")]
val_cfg = dict(type="MultiValLoop")

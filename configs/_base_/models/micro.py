# iclip_swint.py with smaller numbers, for a CPU: 32-pixel images, a Swin of two stages behind a
# convolutional stem (with a plain patch projection, a model of this size learns several times more
# slowly), and a text tower whose token table holds only the toy world's words.
tokenizer = dict(type="CLIPTokenizer", context_length=48)
model = dict(
    type="ICLIP",
    data_preprocessor=dict(type="BatchPreprocessor"),
    backbone=dict(
        type="SwinBackbone",
        arch=dict(embed_dims=48, depths=(2, 2), num_heads=(3, 6)),
        patch_size=4,
        window_size=4,
        stem="conv",
        drop_path_rate=0.0,
    ),
    text_encoder=dict(
        type="TextTransformer",
        context_length=48,
        width=64,
        heads=4,
        layers=2,
        vocabulary="{{$ICLIP_DATA:data}}/toy/bpe_vocabulary.json",
    ),
    class_prompts=dict(
        class_texts="{{$ICLIP_DATA:data}}/toy/class_texts_seen.jsonl",
        tokenizer=tokenizer,
        templates="simple",
        variant="name_description",
    ),
    embed_dim=64,
)

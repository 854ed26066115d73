# Swin-T and a 12-layer causal text Transformer from scratch, joint size 512: UniCL's setting,
# which Tables 1 and 2 follow.
tokenizer = dict(type="CLIPTokenizer", context_length=77)
model = dict(
    type="ICLIP",
    data_preprocessor=dict(type="BatchPreprocessor"),
    backbone=dict(type="SwinBackbone", arch="tiny", drop_path_rate=0.2),  # public, UniCL
    text_encoder=dict(type="TextTransformer", context_length=77, width=512, heads=8, layers=12),
    class_prompts=dict(
        class_texts="{{$ICLIP_DATA:data}}/in21k/class_texts.jsonl",
        tokenizer=tokenizer,
        templates="openai_imagenet",
        variant="name_description",
    ),
    embed_dim=512,
    loss_weight_cls=1.0,  # recalled
    loss_weight_con=1.0,  # recalled
)

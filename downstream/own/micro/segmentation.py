# ../segmentation.py with the decoder of downstream/toy/ade20k_maskformer.py, for backbones smaller
# than Swin-T.
#
# Command:   iclip finetune segmentation --data DIR --checkpoint work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
# Score:     not yet run on a public data set
_base_ = "../segmentation.py"

attention = dict(embed_dims=64, num_heads=4)
model = dict(
    decode_head=dict(
        feat_channels=64,
        out_channels=64,
        num_queries=24,
        positional_encoding=dict(num_feats=32),
        transformer_decoder=dict(
            num_layers=2,
            layer_cfg=dict(
                self_attn_cfg=attention,
                cross_attn_cfg=attention,
                ffn_cfg=dict(embed_dims=64, feedforward_channels=256),
            ),
        ),
    ),
)
# At the recipe's bound, 0.01, a decoder from random weights hardly moves in a short run.
optim_wrapper = dict(clip_grad=dict(max_norm=1.0))

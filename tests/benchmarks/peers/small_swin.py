"""A small Swin that all libraries but open_clip can build."""

# open_clip builds by timm's names only, and has none for these sizes.
LAYOUTS = ("iclip", "official", "openmmlab", "timm")
SIZES = dict(embed_dims=24, depths=(2, 2, 2, 2), num_heads=(1, 2, 3, 4))
# 8 blocks of 13 tensors, a stem of 4, three mergings of 3, and a norm.
TENSORS = 8 * 13 + 4 + 3 * 3 + 2

# %% [markdown]
# # Segmentation on your own masks
#
# From images and index masks to a segmenter, its figures and its predictions. The masks are those
# of the toy world's ADE20K, and the weights those of `tools/quickstart.sh`. On a CPU it takes
# about a minute.

# %%
import os
import shutil
from pathlib import Path

from IPython.display import Image

if Path.cwd().name == "notebooks":
    os.chdir("..")
toy = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
checkpoint = os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
work = Path("work_dirs/notebooks/segmentation")
shutil.rmtree(work, ignore_errors=True)
os.environ.update(CHECKPOINT=checkpoint, WORK=str(work))

# %% [markdown]
# ## A folder of yours
#
# A mask per image, of the same name and size, whose values are classes, and `classes.txt` with
# their names. In ADE20K's masks 0 stands for all that has no class.

# %%
folder = work / "masks_of_mine"
parts = {"train": ("training", 100), "val": ("validation", 20)}
for part, (source, count) in parts.items():
    for kind, here in (("images", "images"), ("annotations", "masks")):
        (folder / here / part).mkdir(parents=True)
        for file in sorted((toy / "ade20k" / kind / source).iterdir())[:count]:
            shutil.copy(file, folder / here / part)
table = (toy / "ade20k/objectInfo18.txt").read_text().splitlines()[1:]
names = ["other", *(line.split("\t")[-1].strip() for line in table)]
(folder / "classes.txt").write_text("\n".join(names) + "\n")
print(names)

# %% [markdown]
# ## One line

# %% language="bash"
# iclip finetune segmentation --data $WORK/masks_of_mine --checkpoint $CHECKPOINT \
#     --out $WORK/run --epochs 2 --device cpu

# %% [markdown]
# While it trained, it drew the same few validation images after each validation, the truth beside
# the prediction:

# %%
pictures = sorted((work / "run/pictures").iterdir(), key=lambda path: path.stat().st_mtime)
Image(pictures[-1])

# %% [markdown]
# ## Predictions

# %%
import iclip

model = iclip.load_model(work / "run", device="cpu")
images = sorted((folder / "images/val").iterdir())
found = model.predict(images[0])
for name, share in zip(found[0].names, found[0].shares, strict=True):
    print(f"{name:12} {share:.1%}")
assert found.label_map.shape == found[0].size[::-1]
found.save(work / "found.png")
Image(work / "found.png")

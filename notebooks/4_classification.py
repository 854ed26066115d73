# %% [markdown]
# # Classification on your own folders
#
# From a folder per class to a classifier, beside a linear probe and zero-shot with words alone.
# The images are those of the toy world, and the weights those of `tools/quickstart.sh`. On a CPU
# it takes about a minute.

# %%
import json
import os
import shutil
from pathlib import Path

from IPython.display import Image

if Path.cwd().name == "notebooks":
    os.chdir("..")
toy = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
checkpoint = os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
work = Path("work_dirs/notebooks/classification")
shutil.rmtree(work, ignore_errors=True)
os.environ.update(CHECKPOINT=checkpoint, WORK=str(work))

# %% [markdown]
# ## A folder of yours
#
# A folder per class, here without a split: a part is drawn for validation. The folders' names are
# words, which zero-shot reads.

# %%
folder = work / "classes_of_mine"
texts = map(json.loads, (toy / "class_texts_seen.jsonl").read_text().splitlines())
for text in list(texts)[:8]:
    place = folder / text["names"][0]
    place.mkdir(parents=True)
    for file in sorted((toy / "labelled/train" / text["id"]).iterdir())[:60]:
        shutil.copy(file, place)
print(sorted(path.name for path in folder.iterdir()))

# %% [markdown]
# ## One line

# %% language="bash"
# iclip finetune classification --data $WORK/classes_of_mine --checkpoint $CHECKPOINT \
#     --out $WORK/run --epochs 5 --device cpu

# %% [markdown]
# ## Predictions

# %%
import iclip

model = iclip.load_model(work / "run", device="cpu")
images = [sorted(place.iterdir())[0] for place in sorted(folder.iterdir())]
found = model.predict(images)
for image, one in zip(images, found, strict=True):
    print(f"{image.parent.name:10} is taken for {one.names[0]:10} {one.scores[0]:.3f}")
assert len(found) == len(images)

# %%
pictures = sorted((work / "run/pictures").iterdir(), key=lambda path: path.stat().st_mtime)
Image(pictures[-1])

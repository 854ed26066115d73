# %% [markdown]
# # Video on your own clips
#
# From a folder per class to a recognizer of videos. The clips are those of the toy world, in
# which shapes move, and the weights those of `tools/quickstart.sh`. On a CPU it takes about a
# minute.

# %%
import os
import shutil
from pathlib import Path

from IPython.display import Image

if Path.cwd().name == "notebooks":
    os.chdir("..")
toy = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
checkpoint = os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
work = Path("work_dirs/notebooks/video")
shutil.rmtree(work, ignore_errors=True)
os.environ.update(CHECKPOINT=checkpoint, WORK=str(work))

# %% [markdown]
# ## A folder of yours
#
# `train/CLASS/clip.mp4` and `val/CLASS/clip.mp4`.

# %%
folder = work / "clips_of_mine"
labels = (toy / "kinetics/labels.txt").read_text().split("\n")
for part, count in (("train", 80), ("val", 24)):
    for line in (toy / f"kinetics/{part}.txt").read_text().splitlines()[:count]:
        file, _, label = line.rpartition(" ")
        place = folder / part / labels[int(label)]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(toy / "kinetics" / file, place)
print(sorted(path.name for path in (folder / "train").iterdir()))

# %% [markdown]
# ## One line

# %% language="bash"
# iclip finetune video --data $WORK/clips_of_mine --checkpoint $CHECKPOINT --out $WORK/run \
#     --epochs 2 --device cpu

# %% [markdown]
# ## Predictions

# %%
import iclip

model = iclip.load_model(work / "run", device="cpu")
clips = sorted((folder / "val").rglob("*.mp4"))
found = model.predict(clips[0])
for name, score in zip(found[0].names[:5], found[0].scores[:5], strict=True):
    print(f"{name:16} {score:.3f}")
assert set(found[0].names) <= set(model.classes)
found.save(work / "found.jpg")
Image(work / "found.jpg")

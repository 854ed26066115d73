# %% [markdown]
# # Detection on your own boxes
#
# From a folder as YOLO writes it to a detector, its figures and its predictions. The boxes are
# those of the toy world, and the weights those of `tools/quickstart.sh`, which draws the one and
# trains the other. On a CPU it takes about a minute.

# %%
import json
import os
import shutil
from collections import Counter
from pathlib import Path

from IPython.display import Image

if Path.cwd().name == "notebooks":
    os.chdir("..")
toy = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
checkpoint = os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
work = Path("work_dirs/notebooks/detection")
shutil.rmtree(work, ignore_errors=True)
os.environ.update(CHECKPOINT=checkpoint, WORK=str(work))

# %% [markdown]
# ## A folder of yours
#
# `data.yaml`, `images/` and `labels/`, with a line `class cx cy w h` per box. There is no
# validation part, so one will be drawn. The data are the six most frequent classes of the toy
# world's LVIS.

# %%
scenes = json.loads((toy / "lvis/train.json").read_text())
names = {category["id"]: category["name"] for category in scenes["categories"]}
counts = Counter(box["category_id"] for box in scenes["annotations"])
classes = [number for number, _ in counts.most_common(6)]

folder = work / "boxes"
for name in ("images", "labels"):
    (folder / name).mkdir(parents=True)
for scene in scenes["images"][:120]:
    stem = f"{scene['id']:012d}"
    shutil.copy(next(toy.glob(f"lvis/images/train/{stem}.*")), folder / "images")
    lines = []
    for box in scenes["annotations"]:
        if box["image_id"] == scene["id"] and box["category_id"] in classes:
            x, y, width, height = box["bbox"]
            center = (x + width / 2) / scene["width"], (y + height / 2) / scene["height"]
            size = width / scene["width"], height / scene["height"]
            values = " ".join(f"{value:.6f}" for value in (*center, *size))
            lines.append(f"{classes.index(box['category_id'])} {values}")
    (folder / f"labels/{stem}.txt").write_text("\n".join(lines))
listed = ", ".join(names[number] for number in classes)
(folder / "data.yaml").write_text(f"train: images\nnames: [{listed}]\n")
print(Counter(path.suffix for path in folder.rglob("*.*")))

# %% [markdown]
# ## One line
#
# It says what it recognized, what it chose and why. Two epochs are enough to see that it runs,
# and far too few to detect well.

# %% language="bash"
# iclip finetune detection --data $WORK/boxes --checkpoint $CHECKPOINT --out $WORK/run \
#     --epochs 2 --device cpu

# %% [markdown]
# The config is a few lines, to be read and edited:

# %%
print((work / "run/config.py").read_text())

# %% [markdown]
# ## Predictions
#
# Scores are low after two epochs, hence the low threshold.

# %%
import iclip

model = iclip.load_model(work / "run", device="cpu")
images = sorted((folder / "images").iterdir())
found = model.predict(images[:4], score_threshold=0.05)
print(model.classes, found)
found[0].save(work / "found.jpg")
Image(work / "found.jpg", width=480)

# %%
print(found.to_csv()[:300])
coco = found.to_coco()
assert len(coco["images"]) == 4

# %% [markdown]
# The same as a command, for folders of any size, in the formats of other tools:

# %% language="bash"
# iclip predict $WORK/run $WORK/boxes/images --out $WORK/predictions --limit 8 \
#     --score-threshold 0.05 --format pictures,coco,yolo --device cpu
# ls $WORK/predictions

# %% [markdown]
# # Pre-training, and classes in words
#
# A few steps of pre-training on labels and captions, and what the finished model of
# `tools/quickstart.sh` makes of classes that it is told in words. On a CPU it takes about a
# minute.

# %%
import json
import os
import shutil
from pathlib import Path

if Path.cwd().name == "notebooks":
    os.chdir("..")
toy = Path(os.environ.get("ICLIP_DATA", "data")) / "toy"
checkpoint = os.environ.get("ICLIP_CHECKPOINT", "work_dirs/quickstart/latest.pth")
work = Path("work_dirs/notebooks/words")
shutil.rmtree(work, ignore_errors=True)
os.environ.update(CHECKPOINT=checkpoint, WORK=str(work), ICLIP_DATA=str(toy.parent))

# %% [markdown]
# ## Pre-training
#
# Twenty steps, to see the log: `cls` is the loss of the labelled images against class texts,
# `con` that of the pairs.

# %% language="bash"
# iclip train configs/micro/iclip.py --device cpu --work-dir $WORK/run \
#     --cfg-options train_cfg.max_iters=20 train_cfg.val_interval=20 \
#     default_hooks.logger.interval=5

# %% [markdown]
# ## Classes in words
#
# The finished model has seen labels of some classes; the ones below were never a label. Each is
# told by its name and a description.

# %%
texts = [*map(json.loads, (toy / "class_texts_new_combination.jsonl").read_text().splitlines())]
for text in texts:
    print(text["names"][0], "-", text["description"])

# %%
import torch
from PIL import Image

from iclip.zeroshot.loading import load_zero_shot_model

model = load_zero_shot_model(checkpoint)
words = model.encode_texts([f"{text['names'][0]}, {text['description']}" for text in texts])
right = 0
files = [*(toy / "labelled/val_new_combination").glob("*/*")]
for file in files[::5]:
    image = model.transform(Image.open(file).convert("RGB"))
    embed = model.encode_images(torch.stack([image]))
    predicted = int(torch.argmax(embed @ words.T))
    right += texts[predicted]["id"] == file.parent.name
print(f"{right / len(files[::5]):.0%} of {len(files[::5])} images right, by chance 10%")

# %% [markdown]
# The command does the same for a data set of yours, keeps the embeddings of the images, and
# writes a record for the report. Descriptions can be left out, to see what they are worth:

# %% language="bash"
# iclip zeroshot $CHECKPOINT --folder $ICLIP_DATA/toy/labelled/val_new_combination \
#     --class-texts $ICLIP_DATA/toy/class_texts_new_combination.jsonl \
#     --device cpu --cache $WORK/embeddings
# iclip zeroshot $CHECKPOINT --folder $ICLIP_DATA/toy/labelled/val_new_combination \
#     --class-texts $ICLIP_DATA/toy/class_texts_new_combination.jsonl \
#     --device cpu --cache $WORK/embeddings --names-only

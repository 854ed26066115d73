"""Labelled images, image-text pairs, and the sampler that mixes them.

Importing this package registers its datasets, transforms, samplers and its collate function.
"""

from iclip.datasets.augmented_crop import RandAugmentedCrop
from iclip.datasets.collate import collate_samples
from iclip.datasets.image_text_pairs import ImageTextPairs
from iclip.datasets.image_text_table import ImageTextTable
from iclip.datasets.labelled_files import LabelledFiles
from iclip.datasets.labelled_images import LabelledImages
from iclip.datasets.mixed_sources import MixedSources
from iclip.datasets.mixing_batch_sampler import MixingBatchSampler
from iclip.datasets.readers.decoding import DecodeError
from iclip.datasets.retrieval_images import RetrievalImages
from iclip.datasets.sample_key import SampleKey
from iclip.datasets.source_sampler import SourceSampler
from iclip.datasets.transforms import RandomResizedCropFlip, ResizeCenterCrop

__all__ = [
    "LabelledFiles",
    "LabelledImages",
    "ImageTextPairs",
    "ImageTextTable",
    "RetrievalImages",
    "MixedSources",
    "SampleKey",
    "SourceSampler",
    "MixingBatchSampler",
    "RandAugmentedCrop",
    "RandomResizedCropFlip",
    "ResizeCenterCrop",
    "collate_samples",
    "DecodeError",
]

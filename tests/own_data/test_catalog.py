import pkgutil
from collections import Counter
from importlib import import_module

import iclip.own_data
from iclip import tasks
from iclip.own_data.catalog import FORMATS, formats_of


def test_each_module_of_a_format_is_listed() -> None:
    modules = [
        import_module(info.name)
        for info in pkgutil.walk_packages(iclip.own_data.__path__, "iclip.own_data.")
    ]
    formats = [module for module in modules if hasattr(module, "LOOKS_FOR")]
    assert {module.__name__ for module in formats} == {
        getattr(entry, "__name__", "") for entry in FORMATS
    }


def test_names_are_unique_within_a_task() -> None:
    for task in {task for entry in FORMATS for task in entry.TASKS}:
        assert set(Counter(entry.NAME for entry in formats_of(task)).values()) == {1}


def test_formats_of_detection() -> None:
    names = [entry.NAME for entry in formats_of(tasks.DETECTION)]
    assert names == ["COCO", "LVIS", "YOLO", "Pascal VOC"]

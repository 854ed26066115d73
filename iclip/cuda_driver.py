"""Whether a machine's NVIDIA driver is new enough for the CUDA that PyTorch was built with.

With a driver that is too old, PyTorch only warns at the first use that there is no GPU.
``python -m iclip.cuda_driver`` prints the major version of CUDA that this machine's driver serves:
tools/setup.sh runs it before any package is installed.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

# Oldest driver by CUDA's major version; it runs every minor version. Source: NVIDIA, "CUDA
# compatibility", minor version compatibility, table 1.
OLDEST_DRIVER = {12: 525, 13: 580}
# The option of tools/setup.sh that installs the versions for an older driver.
OLDER_CUDA = "tools/setup.sh --cuda 12"

_LOADED_MODULE = Path("/proc/driver/nvidia/version")


def driver_version(loaded_module: Path = _LOADED_MODULE) -> str | None:
    """Return the version of this machine's NVIDIA driver, such as ``570.86.15``; None without one.

    Args:
        loaded_module: File in which the kernel module states its version. In containers that hide
            it, ``nvidia-smi`` is asked.
    """
    if loaded_module.is_file():
        found = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)", loaded_module.read_text())
        if found:
            return found[1]
    if shutil.which("nvidia-smi") is None:
        return None
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    # One line per GPU, all with the same driver.
    return answer.stdout.split("\n")[0].strip() or None


def newest_cuda(driver: str | None) -> int:
    """Return the newest major version of CUDA that a driver serves and the hub is tested with.

    Args:
        driver: Version of the driver; None without one, where any build runs on the CPU.
    """
    if driver is None:
        return max(OLDEST_DRIVER)
    served = [cuda for cuda, oldest in OLDEST_DRIVER.items() if _major(driver) >= oldest]
    return max(served, default=min(OLDEST_DRIVER))


def driver_problem(driver: str, built_for: str | None) -> tuple[str, str] | None:
    """Say what is wrong with a driver, and the command that mends it; None if nothing is.

    Args:
        driver: Version of the driver.
        built_for: ``torch.version.cuda``, such as ``13.0``; None in a build for CPUs.
    """
    if built_for is None:
        return f"driver {driver} is here, but PyTorch was built for CPUs", "tools/setup.sh --force"
    oldest = OLDEST_DRIVER.get(_major(built_for))
    if oldest is None or _major(driver) >= oldest:
        return None
    detail = f"driver {driver} is too old for PyTorch's CUDA {built_for}: it needs {oldest} or up"
    if _major(driver) >= OLDEST_DRIVER[12]:
        return detail, OLDER_CUDA
    return detail, f"install a driver from {OLDEST_DRIVER[12]} on, then {OLDER_CUDA}"


def check_driver(
    built_for: str | None, find_driver: Callable[[], str | None] = driver_version
) -> str:
    """Describe the driver and what PyTorch was built for.

    Args:
        built_for: ``torch.version.cuda``.
        find_driver: Returns the driver's version.

    Raises:
        DriverError: The driver does not serve this PyTorch.
    """
    driver = find_driver()
    if driver is None:
        return f"no NVIDIA driver here (PyTorch's CUDA: {built_for or 'none'})"
    problem = driver_problem(driver, built_for)
    if problem:
        raise DriverError(*problem)
    return f"driver {driver} serves PyTorch's CUDA {built_for}"


class DriverError(RuntimeError):
    """A driver does not serve the installed PyTorch.

    Attributes:
        remedy: The command that mends it.
    """

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.remedy = remedy


def _major(version: str) -> int:
    return int(version.partition(".")[0])


if __name__ == "__main__":
    print(newest_cuda(driver_version()))

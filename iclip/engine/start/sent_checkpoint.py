"""The checkpoint of rank 0 on machines that do not share its folder.

Only rank 0 writes checkpoints. On a machine that does not have the one that rank 0 resumes from, or
has a damaged or another file of its name, each rank would start elsewhere, and the run would end
well, with garbage.
"""

import socket
from pathlib import Path

from mmengine.logging import print_log

from iclip.checkpoints import find_damage
from iclip.distributed import chunks_of_rank_0, from_rank_0, gather_objects, get_rank
from iclip.engine.start.provenance import fingerprint
from iclip.files.atomic import open_atomically
from iclip.messages import listing
from iclip.ranks.this_rank import this_rank

# Folder in a run's, for what rank 0 has sent.
RECEIVED = "from_rank_0"


def on_this_machine(checkpoint: Path, work_dir: Path) -> Path:
    """Return a file with the content of rank 0's checkpoint; machines without it are sent a copy.

    Args:
        checkpoint: A file that rank 0 has; the same on all ranks.
        work_dir: The run's folder on this machine, which takes the copy.

    Raises:
        ValueError: A machine could not take the copy; all ranks stop.
    """
    wanted = from_rank_0(lambda: fingerprint(checkpoint))
    is_same = _fingerprint(checkpoint) == wanted
    is_here = _is_whole(checkpoint, is_same) and is_same
    if all(gather_objects(is_here)):
        return checkpoint
    copy = work_dir / RECEIVED / checkpoint.name
    reason = _receive(checkpoint, None if is_here or not this_rank().is_first_of_machine else copy)
    gather_objects(None)  # the machine's other ranks look for the copy only now
    found = checkpoint if is_here else copy
    problem = ""
    if _fingerprint(found) != wanted:
        reason = reason or f"{found} is another file"
        problem = f"rank {get_rank()} on {socket.gethostname()} ({reason})"
    problems = [text for text in gather_objects(problem) if text]
    if problems:
        raise ValueError(
            f"rank 0 resumes from {checkpoint}, which these cannot read: {listing(problems)}. Copy "
            "the file to the same place on each machine, or name a --work-dir that all share"
        )
    return found


def _is_whole(checkpoint: Path, is_same: bool) -> bool:
    """Compare the checksums of a file, which one rank of each machine reads.

    Rank 0 has looked for damage before. All ranks take part, also where ``is_same`` says that the
    file is another one, or absent.
    """
    # Under Slurm, a machine's ranks need not follow on each other: those without a reader read.
    machine = (socket.gethostname(), get_rank() - this_rank().local_rank)
    is_reader = is_same and this_rank().is_first_of_machine
    read = is_reader and (get_rank() == 0 or find_damage(checkpoint) is None)
    gathered = gather_objects((machine, is_reader, read))
    found = {place: whole for place, reads, whole in gathered if reads}
    if machine in found or not is_same:
        return found.get(machine, False)
    return find_damage(checkpoint) is None


def _receive(checkpoint: Path, copy: Path | None) -> str:
    """Take part in sending, and write the content to ``copy``; return why this has failed."""
    chunks, reason = chunks_of_rank_0(checkpoint), ""
    if copy is not None:
        print_log(f"Receiving {checkpoint.name} of rank 0 into {copy.parent}", logger="current")
        try:
            for old in copy.parent.glob("*.pth"):
                old.unlink()
            with open_atomically(copy) as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            reason = str(error)
    # All ranks take all chunks, since each is sent to all.
    for _ in chunks:
        pass
    return reason


def _fingerprint(file: Path) -> str:
    """Return the file's fingerprint, or the reason why it cannot be read."""
    try:
        return fingerprint(file)
    except OSError as error:
        return str(error)

"""Files of a training that cannot be read, so that others take their places."""

from mmengine.logging import print_log

from iclip.messages import counted


class ReplacedFiles:
    """What one data worker has met of them: each is named in the log once, and many end the run.

    Args:
        thing: What a file is, such as "image".
        limit: Largest number of files that may be replaced.
        setting: What sets the limit, as it stands in a config.

    Attributes:
        names: The files so far.
    """

    def __init__(self, thing: str, limit: int, setting: str) -> None:
        self.thing = thing
        self.limit = limit
        self.setting = setting
        self.names: set[str] = set()

    def add(self, name: str, fault: str, error: Exception) -> None:
        """Note a file that another one is to replace.

        Args:
            name: The file.
            fault: What is wrong with it, in words that name it.
            error: What its reader raised.

        Raises:
            ValueError: They are more than the limit.
        """
        if name in self.names:
            return
        self.names.add(name)
        told = f"{fault}; {counted(len(self.names), self.thing)} so far in this process"
        if len(self.names) > self.limit:
            raise ValueError(
                f"{told}, more than {self.setting} allows: is the download complete?"
            ) from error
        print_log(f"{told}; another one takes its place", logger="current")

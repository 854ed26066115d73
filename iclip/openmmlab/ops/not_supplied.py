"""What is said about an operator that is not supplied."""

REMEDY = (
    "iclip supplies those that the configs of mmdet, mmseg and mmaction reach. For this one, "
    "install an mmcv with compiled operators (mim install 'mmcv>=2.0.1,<2.2', which needs an older "
    "torch), and iclip steps aside"
)


def not_supplied(what: str) -> NotImplementedError:
    """The error for an operator, or for an option of one."""
    return NotImplementedError(f"{what} is not supplied. {REMEDY}")

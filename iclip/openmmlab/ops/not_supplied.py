"""The error for an operator that is not supplied."""

REMEDY = (
    "iclip supplies those that the configs of mmdet, mmseg and mmaction reach. For this one, "
    "install an mmcv with compiled operators (mim install 'mmcv>=2.0.1,<2.2', which needs an older "
    "torch); iclip then uses these"
)


def not_supplied(what: str) -> NotImplementedError:
    """Make the error for an operator or an option of an operator."""
    return NotImplementedError(f"{what} is not supplied. {REMEDY}")

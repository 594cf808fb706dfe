"""Check for the packages of the extra `train`, before they are imported."""

import importlib.util

from core.errors import EncoderError

_PACKAGES = ("torch", "torchvision", "timm", "onnx", "tensorboardX")


def require_train_extra() -> None:
    """`EncoderError` names the packages for making an encoder that are not installed."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise EncoderError(
            f"Making an encoder needs {', '.join(missing)}: `uv sync --extra train` installs what it takes."
        )

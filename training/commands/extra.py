"""What the extra `train` brings, asked for before it is imported."""

import importlib.util

from core.errors import EncoderError

_NEEDED = ("torch", "torchvision", "timm", "onnx", "tensorboardX")


def require_train_extra() -> None:
    """`EncoderError` unless all packages are there that making an encoder needs."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise EncoderError(
            f"Making an encoder needs {', '.join(missing)}: `uv sync --extra train` installs what it takes."
        )

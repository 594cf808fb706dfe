"""Benchmarks that end with an error."""

from collections.abc import Callable, Sequence

import pytest


def refusal_of(
    main: Callable[[Sequence[str]], None], arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> str:
    """What a benchmark writes to standard error when it ends with exit code 2, as it must."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err

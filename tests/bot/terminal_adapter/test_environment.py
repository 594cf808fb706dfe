"""The language of a terminal."""

import pytest

from bot.terminal_adapter.environment import environment_locale


@pytest.mark.parametrize(
    ("environ", "tag"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "de_DE@euro", "LC_MESSAGES": "ja_JP.eucJP"}, "ja-JP"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP"}, ""),
        ({"LC_ALL": "", "LANG": "POSIX"}, ""),
        ({}, ""),
    ],
)
def test_the_locale_is_read_as_the_system_writes_it(environ: dict[str, str], tag: str) -> None:
    assert environment_locale(environ) == tag

"""Folders and files that are not added: recycle bins, samples, folders of trailers, and system folders of a NAS."""

import re

_RECYCLE_BINS = re.compile(
    r"^(?:#recycle|@recycled?|\$recycle\.bin|recycle[rd]|recycle bin|\.recycle(?:\.bin)?|\.trash(?:es|-\d+)?"
    r"|network trash folder|files_trashbin|\.stversions|ごみ箱|回收站|資源回收筒|휴지통)$",
    re.IGNORECASE,
)
_SYSTEM_FOLDERS = re.compile(
    r"^(?:@eadir|@tmp|@sharebin|@transcode|#snapshot|@recently-snapshot|\.@__\w+|\.snapshots?|\.zfs|~snapshot"
    r"|__macosx|\.appledouble|\.fseventsd|\.spotlight-v100|\.temporaryitems|\.documentrevisions-v100"
    r"|system volume information|found\.\d{3}|lost\+found|plex versions)$",
    re.IGNORECASE,
)
_SAMPLE_FOLDERS = re.compile(r"^samples?$", re.IGNORECASE)
_TRAILER_FOLDERS = re.compile(r"^trailers?$", re.IGNORECASE)
_SAMPLE_FILES = re.compile(r"^sample-|[-.]sample$", re.IGNORECASE)

_FOLDERS = (
    (_RECYCLE_BINS, "in a recycle bin"),
    (_SYSTEM_FOLDERS, "in a folder of the system's own"),
    (_SAMPLE_FOLDERS, "in a folder of samples"),
    (_TRAILER_FOLDERS, "in a folder of trailers"),
)


def folder_exclusion_reason(name: str) -> str:
    """Why videos in a folder of this name are not added; empty if they are added."""
    return next((reason for pattern, reason in _FOLDERS if pattern.match(name)), "")


def file_exclusion_reason(stem: str) -> str:
    """Why a video of this name, without its suffix, is not added; empty if it is added."""
    return "a sample" if _SAMPLE_FILES.search(stem) else ""

"""Reading a video from its beginning to a given time without seeking, with most packets left undecoded.

Where seeking leads to other frames than reading through does, only the order of the packets can be trusted. Groups of
packets from one key frame to the next are skipped, up to the group with the given time. Where time stamps restart, the
frames around that place are decoded, because the clock needs them to go on.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Final, TypeAlias

import av
from av.video.stream import VideoStream

from core.video.clock import FrameClock

_BACK_JUMP_S: Final = Fraction(1, 2)  # less than the clock's limit, so that the clock has decoded frames to decide by
_GROUP_LIMIT: Final = 1000  # most packets held until their group is decoded or skipped

_Packet: TypeAlias = "av.Packet[VideoStream] | None"
_Decoder: TypeAlias = Callable[[Iterable[_Packet]], Iterator[av.VideoFrame]]


def read_through(
    packets: Iterator[_Packet], decode: _Decoder, stream: VideoStream, clock: FrameClock, start: Fraction
) -> Iterator[av.VideoFrame]:
    """Decoded frames from the beginning of `packets`, without those that are not needed to get to `start` (seconds).

    `packets` are those of a stream that was just opened. The caller passes every frame to `clock` before it takes the
    next one.
    """
    base = stream.time_base or Fraction(1, 1000)
    group: list[_Packet] = []
    last: int | None = None
    restarts_before: int | None = None  # restarts counted before the restart that is being decoded
    for packet in packets:
        stamp = _stamp(packet)
        if packet is None or stamp is None or len(group) >= _GROUP_LIMIT or clock.time_at(stamp * base) > start:
            yield from decode(chain(group, (packet,), packets))
            return
        order = stamp if packet.dts is None else packet.dts
        if restarts_before is not None and packet.is_keyframe and clock.restarts > restarts_before:
            stream.codec_context.flush_buffers()
            group, restarts_before = [packet], None
        elif restarts_before is not None:
            yield from decode((packet,))
        elif last is not None and (last - order) * base > _BACK_JUMP_S:
            restarts_before = clock.restarts
            yield from decode((*group, packet))
            group.clear()
        else:
            if packet.is_keyframe:
                group.clear()
            group.append(packet)
        last = order


def _stamp(packet: _Packet) -> int | None:
    if packet is None:
        return None
    return packet.dts if packet.pts is None else packet.pts

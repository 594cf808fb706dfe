"""Reading a video from its beginning up to a moment, with most of its packets left undecoded.

Where seeking leads elsewhere than reading through does, only the order of the packets can be trusted. Groups of packets
from one key frame to the next are passed over whole, until the group that the moment lies in. Where time stamps start
anew, the frames around that place are decoded, since the clock goes on counting by them.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Final, TypeAlias

import av
from av.video.stream import VideoStream

from core.video.clock import FrameClock

_BACK_JUMP_S: Final = Fraction(1, 2)  # less than the clock's, so that it has decoded frames to decide by
_GROUP_LIMIT: Final = 1000  # packets that wait for their group to be decoded or passed over

_Packet: TypeAlias = "av.Packet[VideoStream] | None"
_Decoder: TypeAlias = Callable[[Iterable[_Packet]], Iterator[av.VideoFrame]]


def read_through(
    packets: Iterator[_Packet], decode: _Decoder, stream: VideoStream, clock: FrameClock, start: Fraction
) -> Iterator[av.VideoFrame]:
    """Decoded frames from the beginning of `packets` on, without those that nobody needs to come to `start` (seconds).

    `packets` are those of a stream that was just opened. The caller feeds every frame to `clock` before it asks for the
    next one.
    """
    base = stream.time_base or Fraction(1, 1000)
    group: list[_Packet] = []
    last: int | None = None
    crossing: int | None = None  # restarts that the clock had counted before a place that is being decoded over
    for packet in packets:
        stamp = _stamp(packet)
        if packet is None or stamp is None or len(group) >= _GROUP_LIMIT or clock.continued(stamp * base) > start:
            yield from decode(chain(group, (packet,), packets))
            return
        order = stamp if packet.dts is None else packet.dts
        if crossing is not None and packet.is_keyframe and clock.restarts > crossing:
            stream.codec_context.flush_buffers()
            group, crossing = [packet], None
        elif crossing is not None:
            yield from decode((packet,))
        elif last is not None and (last - order) * base > _BACK_JUMP_S:
            crossing = clock.restarts
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

"""What a channel's last events add up: stamps, epochs, durations, media (switch_channel_set_timestamps)."""

from __future__ import annotations

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.headers import stamp


def account(exchange: Exchange, channel: Channel) -> None:
    """Set the variables that only the end of a leg has."""
    times, said = channel.times, channel.variables
    said["digits_dialed"] = said.get("digits_dialed", "none")
    marks = {
        "start": times.created,
        "profile_start": times.profile,
        "answer": times.answered,
        "bridge": times.bridged,
        "hold": times.last_hold,
        "progress": times.progress,
        "progress_media": times.media,
        "end": times.hangup,
    }
    said |= {f"{name}_stamp": stamp(at) for name, at in marks.items() if at}
    for name, at in marks.items():
        if name == "hold":
            continue
        said[f"{name}_epoch"], said[f"{name}_uepoch"] = str(at // 1_000_000), str(at)
    said["last_hold_epoch"], said["last_hold_uepoch"] = str(times.last_hold // 1_000_000), str(times.last_hold)
    said["hold_accum_seconds"] = str(times.hold_accum // 1_000_000)
    said["hold_accum_usec"] = str(times.hold_accum)
    said["hold_accum_ms"] = str(times.hold_accum // 1_000)
    if channel.doing[0]:
        said["last_app"], said["last_arg"] = channel.doing
    name, number = channel.profile.caller_name, channel.profile.caller_number
    said["caller_id"] = f'"{name}" <{number}>'
    whole = times.hangup - times.created
    talked = times.hangup - times.answered if times.answered else 0
    said["duration"], said["billsec"] = str(whole // 1_000_000), str(talked // 1_000_000)
    said["mduration"], said["billmsec"] = str(whole // 1_000), str(talked // 1_000)
    said["uduration"], said["billusec"] = str(whole), str(talked)
    if times.answered and channel.twin is None:
        packets = talked // 20_000
        said["rtp_audio_in_media_bytes"] = said["rtp_audio_out_media_bytes"] = str(packets * 172)
        said["rtp_audio_in_media_packet_count"] = said["rtp_audio_out_media_packet_count"] = str(packets)
        said["rtp_audio_in_quality_percentage"], said["rtp_audio_in_mos"] = "100.00", "4.50"

#!/usr/bin/env python3
"""The official Python SDK (deepgram-sdk 7.17), unchanged, against `sotto asr`. Run by asr_test.py with .cache/sdks/python."""
import asyncio
import os
import pathlib
import sys
import threading
import time

from deepgram import AsyncDeepgramClient, DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment
from websockets.exceptions import InvalidStatus

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import closing_line, run_tests  # noqa: E402

PORT, KEY, AUDIO = os.environ["ASR_PORT"], os.environ["ASR_KEY"], pathlib.Path(os.environ["ASR_AUDIO"])
WS = f"ws://127.0.0.1:{PORT}"
HERE = DeepgramClientEnvironment(base=f"http://127.0.0.1:{PORT}", production=WS, agent=WS, agent_rest=f"http://127.0.0.1:{PORT}")
SPEED = 2


def stream(audio, frame, rate, **options):
    """Plays a file through the SDK: (messages, exceptions, close frame)."""
    client = DeepgramClient(api_key=KEY, environment=HERE)
    messages, errors = [], []
    with client.listen.v1.connect(model="nova-3", **options) as socket:
        socket.on(EventType.MESSAGE, messages.append)
        socket.on(EventType.ERROR, errors.append)
        reader = threading.Thread(target=socket.start_listening, daemon=True)
        reader.start()
        began = time.monotonic()
        for at in range(0, len(audio), frame):
            socket.send_media(audio[at:at + frame])
            time.sleep(max(0, began + (at + frame) / (rate * SPEED) - time.monotonic()))
        socket.send_keep_alive()
        socket.send_close_stream()
        reader.join(20)
        assert not reader.is_alive(), "the server did not close"
        return messages, errors, socket._websocket.close_code


def of_type(messages, kind):
    return [message for message in messages if message.type == kind]


def finals(messages, channel=0):
    return [m for m in of_type(messages, "Results") if m.is_final and int(m.channel_index[0]) == channel]


def text(results):
    return " ".join(r.channel.alternatives[0].transcript for r in results if r.channel.alternatives[0].transcript)


def test_two_channels_of_mulaw():
    audio = (AUDIO / "stereo.mulaw").read_bytes()
    messages, errors, code = stream(audio, 320, 16000, encoding="mulaw", sample_rate=8000, channels=2, multichannel=True, interim_results=True,
                                    smart_format=True, utterance_end_ms=1000, vad_events=True, endpointing=300)
    assert not errors and code == 1000, (errors, code)
    assert "made you decide" in text(finals(messages, 1)), text(finals(messages, 1))
    assert "another company" in text(finals(messages, 0)), text(finals(messages, 0))
    for channel in (0, 1):
        at = 0
        for final in finals(messages, channel):
            assert abs(final.start - at) < 1e-6
            at = final.start + final.duration
        assert abs(at - len(audio) / 16000) < 1e-6
        assert any(m.speech_final for m in finals(messages, channel))
        assert any(int(m.channel[0]) == channel for m in of_type(messages, "UtteranceEnd"))
        assert any(int(m.channel[0]) == channel for m in of_type(messages, "SpeechStarted"))
    assert len([m for m in of_type(messages, "Results") if not m.is_final]) > 5
    words = [word for m in finals(messages) for word in m.channel.alternatives[0].words]
    assert words and all(0 <= word.start < word.end and word.confidence for word in words)
    assert any(word.punctuated_word != word.word for word in words)
    metadata = messages[-1]
    assert metadata.type == "Metadata" and metadata.channels == 2 and metadata.duration == len(audio) / 16000 and len(metadata.sha256) == 64
    assert {m.metadata.request_id for m in of_type(messages, "Results")} == {metadata.request_id}
    assert messages[0].metadata.model_info.arch


def test_one_channel_of_linear16():
    audio = (AUDIO / "left.linear16").read_bytes()
    messages, errors, code = stream(audio, 1600, 16000, encoding="linear16", sample_rate=8000, interim_results=True)
    assert not errors and code == 1000, (errors, code)
    assert "thinking about it" in text(finals(messages)), text(finals(messages))
    assert of_type(messages, "Results")[0].channel_index == [0, 1]


def test_the_async_client():
    async def run():
        client = AsyncDeepgramClient(api_key=KEY, environment=HERE)
        got = []
        async with client.listen.v1.connect(model="nova-3", encoding="linear16", sample_rate=8000) as socket:
            await socket.send_media((AUDIO / "left.linear16").read_bytes()[:16000 * 15])
            await socket.send_finalize()
            await socket.send_close_stream()
            async for message in socket:
                got.append(message)
        return got
    messages = asyncio.run(run())
    assert messages[-1].type == "Metadata" and any(m.from_finalize for m in of_type(messages, "Results"))


def refused(key, **options):
    try:
        with DeepgramClient(api_key=key, environment=HERE).listen.v1.connect(model="nova-3", **options):
            return 101
    except ApiError as error:
        return error.status_code
    except InvalidStatus as error:  # the SDK hands it through with newer versions of its WebSocket library
        return error.response.status_code


def test_a_wrong_key_is_401():
    assert refused("wrong", encoding="linear16", sample_rate=8000) == 401


def test_a_bad_parameter_is_400():
    assert refused(KEY, encoding="linear16", sample_rate=1234) == 400
    assert refused(KEY) == 400


def main() -> int:
    passed, failed = run_tests(globals(), label="python sdk: ")
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

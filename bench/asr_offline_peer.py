#!/usr/bin/env python3
"""sherpa-onnx on whole utterances, for asr_offline.py, by the Python of .cache/asr-peer. Usage: asr_offline_peer.py FOLDER < FILES > ANSWERS
FOLDER: the published files of a Moonshine model, with tokens.txt. One JSON object a line, as bench_asr_offline gives them."""
import json
import sys
import time
import wave

import numpy
import sherpa_onnx

folder = sys.argv[1]
recognizer = sherpa_onnx.OfflineRecognizer.from_moonshine_v2(encoder=f"{folder}/encoder_model.ort", decoder=f"{folder}/decoder_model_merged.ort",
                                                             tokens=f"{folder}/tokens.txt", num_threads=1)
for line in sys.stdin:
    with wave.open(line.strip()) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(numpy.float32) / 32768
    begun = time.process_time()
    stream = recognizer.create_stream()
    stream.accept_waveform(16000, samples)
    recognizer.decode_stream(stream)
    print(json.dumps({"text": stream.result.text, "s": time.process_time() - begun}), flush=True)

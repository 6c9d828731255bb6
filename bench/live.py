"""Runs the load against servers of its own and compares what came with the truth of the synthesis. Used by e2e.py, capacity.py and
cluster_e2e.py."""
import bisect
import contextlib
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))
from harness import Server  # noqa: E402

DEMOS = ["cancel", "payment", "fault"]
NEVER_MS = 10_000.0  # an expected result that never comes
TRUSTED_WORD = 0.3  # limits.h, kTrustedWord


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(p / 100 * len(ordered)))] if ordered else float("nan")


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower().replace("-", " "))


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def joined(turns):
    """One party that goes on within half a second is in the same turn still."""
    out = []
    for turn in turns:
        before = next((other for other in reversed(out) if other["track"] == turn["track"]), None)
        if before and turn["start_ms"] - before["end_ms"] <= 500:
            before.update(end_ms=turn["end_ms"], text=f'{before["text"]} {turn["text"]}')
        else:
            out.append(dict(turn))
    return out


def mark_secret(truth):
    """Turns in which a card is read out (the demo pauses there, the load does not): their digits are masked, and finals
    that may go on with more of them are held on purpose. They are measured by themselves."""
    for turn in truth["turns"]:
        turn["secret"] = any(turn["start_ms"] < pause["end_ms"] and pause["start_ms"] < turn["end_ms"] for pause in truth["pauses"])


def mark_last_words(truth):
    """A turn's own final is the one that holds the middle of its last word: the synthesis counts the inaudible end of a word to it."""
    for turn in truth["turns"]:
        last = [word for word in truth["words"] if word["track"] == turn["track"] and turn["start_ms"] <= word["start_ms"] < turn["end_ms"]][-1]
        turn["last_word_ms"] = (last["start_ms"] + last["end_ms"]) / 2


def trigger(text):
    return max(words(text), key=len)


def trigger_rules(truths):
    """One phrase rule for the longest word of each turn: its cue is expected with that turn."""
    chosen = sorted({trigger(turn["text"]) for truth in truths for turn in truth["turns"]})
    rule = '- id: w.{0}\n  when: {{ phrase: "{0}" }}\n  then: {{ cue: {{ headline: "Heard {0}" }} }}\n  limits: {{ cool_down: 0s, per_call: 1000, fresh: 30s }}\n'
    return "".join(rule.format(word.replace("'", "")) for word in chosen)


def histogram(metrics, name):
    """[(upper bound in s, observations up to it)] of a Prometheus histogram."""
    pairs = re.findall(name + r'_bucket\{le="([^"]+)"\} (\d+)', metrics)
    return [(float(bound), int(count)) for bound, count in pairs]


def bound_of(buckets, p):
    """The least bound that holds p percent: a histogram tells no more."""
    return next((bound for bound, count in buckets if count >= p / 100 * buckets[-1][1]), float("nan"))


@contextlib.contextmanager
def embedded(settings):
    """The default: one process for all of it."""
    with Server(settings=settings) as server:
        yield server, server


def play(calls, repeats, serve=embedded):
    """`serve`: starts servers with the settings it is given; who takes the calls, and who tells of them."""
    truths = {name: json.loads((ROOT / f"build/demo/{name}.truth.json").read_text()) for name in DEMOS}
    for truth in truths.values():
        truth["turns"] = joined(truth["turns"])
        mark_secret(truth)
        mark_last_words(truth)
    with tempfile.TemporaryDirectory() as folder:
        tenant = pathlib.Path(folder) / "policies/demo"
        tenant.mkdir(parents=True)
        (tenant / "words.yaml").write_text(trigger_rules(truths.values()))
        settings = f"policies: {folder}/policies\nknowledge: {folder}/knowledge\nattention_budget: false\n"
        with serve(settings) as (gateway, pages):
            out = f"{folder}/out"
            wavs = [str(ROOT / f"build/demo/{name}.wav") for name in DEMOS]
            subprocess.run([sys.executable, ROOT / "bench/load.py", f"{gateway.port},{pages.port}", str(calls), str(repeats), out, *wavs], check=True)
            gaps = histogram(gateway.http("GET", "/metrics")[1], "sotto_partial_gap_seconds")
            return compare([json.loads(line) for line in open(out)], truths, repeats) | {"partial_gaps": gaps}


def compare(records, truths, repeats):
    result = {"finals": [], "cues": [], "turns": 0, "cut": 0, "edits": 0, "words": 0, "misheard": 0, "corrections": [], "held": [], "word_lags": [],
              "words_not_shown": 0, "eager": [], "eager_told": 0, "withdrawn": 0, "cues_ahead": [], "cues_expected": 0, "cues_withdrawn": 0, "doubted": 0}
    for record in records:
        truth = truths[pathlib.Path(record["wav"]).stem]
        for track in ("customer", "agent"):
            compare_track(record, truth, track, repeats, result)
    return result


def compare_track(record, truth, track, repeats, result):
    finals, cues, ahead, eager, shown = [], {}, {}, [], []
    for received, event in record["events"]:
        data = event["data"]
        if event["type"] in ("sotto.hypothesis.partial", "sotto.utterance.final") and data["track"] == track:
            shown.append((received, data))
        if event["type"] == "sotto.utterance.final" and data["track"] == track:
            finals.append((received, data))
        elif event["type"] == "sotto.utterance.revised" and data["track"] == track:
            revised(received, data, finals, result)
        elif event["type"] == "sotto.hypothesis.partial" and data["track"] == track and data.get("eager"):
            eager.append((received, data))
        elif event["type"] == "sotto.cue.shown" and data["because"]["speaker"] == track:
            cues.setdefault(data["utterance"], received)
            ahead.setdefault(data["utterance"], received)
        elif event["type"] == "sotto.cue.expected" and data["because"]["speaker"] == track:
            result["cues_withdrawn" if data.get("withdrawn") else "cues_expected"] += 1
            ahead.setdefault(data["utterance"], received)
    # One that is not followed by a final with its end was withdrawn: the voice went on.
    ends = {(data["utterance"], data["to"]) for _, data in finals}
    result["eager_told"] += len(eager)
    result["withdrawn"] += sum((data["utterance"], data["to"]) not in ends for _, data in eager)
    secret = [(again * truth["duration_ms"] + turn["start_ms"], again * truth["duration_ms"] + turn["end_ms"])
              for again in range(repeats) for turn in truth["turns"] if turn["secret"] and turn["track"] == track]
    open_words = lambda data: not any(start - 300 <= (data["start_ms"] + data["end_ms"]) / 2 <= end + 300 for start, end in secret)
    heard = " ".join(data["text"] for _, data in sorted(finals, key=lambda f: f[1]["from"]) if open_words(data))
    said = " ".join(turn["text"] for _ in range(repeats) for turn in truth["turns"] if turn["track"] == track and not turn["secret"])
    result["edits"] += edits(words(said), words(heard))
    result["words"] += len(words(said))
    compare_words(record, truth, track, repeats, [one for one in shown if open_words(one[1])], result)
    for again in range(repeats):
        base = again * truth["duration_ms"]
        for turn in truth["turns"]:
            if turn["track"] == track:
                compare_turn(record, base, turn, finals, cues, ahead, eager, result)


def compare_words(record, truth, track, repeats, shown, result):
    """From the end of each word to the first partial or final that shows it; the words of a message are told apart by their order and its time.
    Words that no message has as they were said (misheard, or a number that is written in digits) are counted by themselves."""
    secret = [turn for turn in truth["turns"] if turn["secret"]]
    said = [{"text": word["text"].lower(), "start": base + word["start_ms"], "end": base + word["end_ms"]}
            for base in (again * truth["duration_ms"] for again in range(repeats)) for word in truth["words"] if word["track"] == track
            and not any(turn["track"] == track and turn["start_ms"] <= word["start_ms"] < turn["end_ms"] for turn in secret)]
    starts = [word["start"] for word in said]
    for received, data in shown:
        among = said[bisect.bisect_left(starts, data["start_ms"] - 300):bisect.bisect_right(starts, data["end_ms"])]
        matcher = difflib.SequenceMatcher(None, [word["text"] for word in among], words(data["text"]), autojunk=False)
        for first, _, length in matcher.get_matching_blocks():
            for word in among[first:first + length]:
                word.setdefault("shown", received)
    result["word_lags"] += [(word["shown"] - record["t0"]) * 1000 - word["end"] for word in said if "shown" in word]
    result["words_not_shown"] += sum("shown" not in word for word in said)


def revised(received, data, finals, result):
    """A correction takes the place of its final; its time counts from the newest final before it, whose words showed it."""
    result["corrections"].append((received - finals[-1][0]) * 1000)
    for at, (first, final) in enumerate(finals):
        if final["utterance"] == data["utterance"]:
            finals[at] = (first, {**final, **data})


def compare_turn(record, base, turn, finals, cues, ahead, eager, result):
    start, end, text = base + turn["start_ms"], base + turn["end_ms"], turn["text"]
    spoken = record["t0"] + end / 1000
    last_word = base + turn["last_word_ms"]
    ms = lambda sample: sample / 8
    last = next(((at, data) for at, data in finals if ms(data["from"]) <= last_word < ms(data["to"])), None)
    late = (last[0] - spoken) * 1000 if last else NEVER_MS
    if turn["secret"]:
        result["held"].append(late)
        return
    result["turns"] += 1
    early = [at for at, data in eager if last and data["utterance"] == last[1]["utterance"] and data["to"] == last[1]["to"]]
    result["eager"].append(min([late, *((at - spoken) * 1000 for at in early)]))
    result["finals"].append(late)
    # A final that an endpoint ended before the turn's last word; the cuts of continuous speech have another reason.
    result["cut"] += any(data["reason"] == "endpoint" and start + 150 < data["end_ms"] and ms(data["to"]) <= last_word for _, data in finals)
    # The trigger word may stand in an earlier half of a turn that was cut; a word that was misheard brings no cue.
    names = [f'{data["track"]}-{data["utterance"]}' for _, data in finals if start - 600 <= ms(data["from"]) < end]
    within = [name for name in names if name in cues]
    if within:
        result["cues"].append((max(cues[name] for name in within) - spoken) * 1000)
        result["cues_ahead"].append((max(ahead[name] for name in within) - spoken) * 1000)
    elif any(trigger(text) in words(word["text"]) and word.get("confidence", 1) < TRUSTED_WORD for _, data in finals
             if start - 600 <= ms(data["from"]) < end for word in data["words"]):
        result["doubted"] += 1  # heard, but too uncertainly to bring anything
    elif trigger(text) in words(" ".join(data["text"] for _, data in finals if start - 600 <= ms(data["from"]) < end)):
        result["cues"].append(NEVER_MS)
    else:
        result["misheard"] += 1


def print_figure(bench, figure, value, unit, n, **conditions):
    print(json.dumps({"bench": bench, "figure": figure, "value": round(value, 4), "unit": unit, "n": n, **conditions}), flush=True)

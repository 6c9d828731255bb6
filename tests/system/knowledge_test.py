#!/usr/bin/env python3
"""`sotto knowledge` and `sotto train intents` (docs/knowledge.md, docs/policies.md) of the real program, without a server."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from harness import BIN, ROOT, closing_line, run_tests

MOVING = "# Moving home\n\n## Moving fee is 30 pounds\nThe move costs 30 pounds. It is waived on full fibre.\n"
ROUTER = "# Router\n\n## Red light: the line is lost\nA red light means that the router has lost the line. Restart the router first.\n"
RULE = '- id: knowledge.answers\n  when: { speaker: customer, regex: "[?]" }\n  then: { knowledge: { question: utterance } }\n'


def sotto(*args):
    return subprocess.run([BIN, *map(str, args)], cwd=ROOT, capture_output=True, text=True, timeout=120)


class Folder:
    """A configuration of its own with the tenant acme, not there yet."""

    def __init__(self, at):
        self.at = pathlib.Path(tempfile.mkdtemp(dir=at))
        self.acme = self.at / "config/knowledge/acme"
        (self.at / "config/policies").mkdir(parents=True)

    def write(self, name, text):
        (self.at / name).parent.mkdir(parents=True, exist_ok=True)
        (self.at / name).write_text(text)
        return self.at / name

    def knowledge(self, command, *args):
        return sotto("knowledge", command, *args, "--tenant", "acme", "--knowledge", self.at / "config/knowledge")


def test_an_article_is_added_once_and_replaced_when_asked(at):
    folder = Folder(at)
    moving = folder.write("moving.md", MOVING)
    added = folder.knowledge("add", moving)
    assert added.returncode == 0, added.stderr
    assert "new tenant acme" in added.stdout and "1 article, 1 passage" in added.stdout, added.stdout
    assert "no rule in" in added.stdout and "`knowledge:`" in added.stdout, added.stdout
    folder.write("moving.md", MOVING.replace("30", "45"))
    again = folder.knowledge("add", moving)
    assert again.returncode == 1 and "--replace" in again.stderr, again.stderr
    assert (folder.acme / "moving.md").read_text() == MOVING
    folder.write("config/policies/acme/knowledge.yaml", RULE)
    replaced = folder.knowledge("add", moving, "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert "new tenant" not in replaced.stdout and "note:" not in replaced.stdout, replaced.stdout
    assert "45 pounds" in (folder.acme / "moving.md").read_text()


def test_what_is_refused_is_not_copied(at):
    folder = Folder(at)
    assert folder.knowledge("add", folder.write("moving.md", MOVING)).returncode == 0
    for name, text, reason in [("bad.md", "## No title\nText.\n", "no title"), ("plan.docx", "x", "is not an article")]:
        refused = folder.knowledge("add", folder.write(name, text), folder.write("router.md", ROUTER))
        assert refused.returncode == 1 and reason in refused.stderr and "nothing was added" in refused.stderr, refused.stderr
    folder.write("config/knowledge/acme/more/router.md", ROUTER)
    refused = folder.knowledge("add", folder.write("router.md", ROUTER))
    assert refused.returncode == 1 and "has the name of" in refused.stderr, refused.stderr
    assert sorted(file.name for file in folder.acme.iterdir()) == ["more", "moving.md"]


def test_a_replacement_does_not_break_what_names_the_article(at):
    folder = Folder(at)
    moving = folder.write("moving.md", MOVING)
    assert folder.knowledge("add", moving).returncode == 0
    folder.write("config/knowledge/acme/questions.yaml", '- { ask: "what is the moving fee?", answer: "moving.md#Moving fee is 30 pounds" }\n')
    folder.write("moving.md", MOVING.replace("30", "45"))
    refused = folder.knowledge("add", moving, "--replace")
    assert refused.returncode == 1 and "questions.yaml:1: there is no passage" in refused.stderr, refused.stderr
    assert (folder.acme / "moving.md").read_text() == MOVING


def test_check_names_what_is_wrong_and_what_is_not_read(at):
    folder = Folder(at)
    folder.write("config/knowledge/acme/moving.MD", MOVING)
    folder.write("config/knowledge/acme/notes.docx", "x")
    folder.write("config/knowledge/acme/old.md", MOVING.replace("30", "thirty-five").replace("Moving home", "Old"))
    checked = sotto("knowledge", "check", folder.acme)
    assert checked.returncode == 0 and "2 articles, 2 passages, 2 warnings" in checked.stdout, checked
    assert "notes.docx:0: warning: is not read" in checked.stderr and "contradicting" in checked.stderr, checked.stderr
    folder.write("config/knowledge/acme/bad.md", "text\n")
    assert sotto("knowledge", "check", folder.acme).returncode == 1


def test_a_price_list_answers_by_the_key_that_was_said(at):
    folder = Folder(at)
    parts = ["Fan", "Filter", "Seal", "Pump"]
    rows = "".join(f"| KX-{310 + 13 * i:04} | {parts[i % 4]} | {40 + 3 * i} euros |\n" for i in range(12))
    assert folder.knowledge("add", folder.write("parts.md", f"# Parts\n\n## Prices of parts\n| Number | Part | Price |\n|---|---|---|\n{rows}")).returncode == 0
    for question in ("what does KX-0349 cost?", "how much is k x oh three four nine?"):
        asked = json.loads(folder.knowledge("ask", question, "--json").stdout)
        assert asked["answer"]["body"] == "- Number: KX-0349; Part: Pump; Price: 49 euros", asked
    several = json.loads(folder.knowledge("ask", "what does the pump cost?", "--json").stdout)
    assert several["answer"]["body"].startswith("3 rows fit"), several
    assert json.loads(folder.knowledge("ask", "what does KX-0350 cost?", "--json").stdout)["answer"] is None


def test_files_that_are_no_text_are_refused_with_their_line(at):
    folder = Folder(at)
    lines = folder.write("lines.tsv", "")
    lines.write_bytes("stop it\tstop\ncaf\u00e9\tnone\n".encode("latin-1"))
    refused = sotto("train", "intents", lines, "--out", folder.at / "own.intents")
    assert refused.returncode == 1 and "lines.tsv:2: is not UTF-8 text" in refused.stderr, refused.stderr
    (folder.at / "config/knowledge/acme").mkdir(parents=True)
    (folder.acme / "wide.md").write_bytes("# \u00dcber\n\n## Geb\u00fchr\nDrei Euro.\n".encode("utf-16"))
    assert sotto("knowledge", "check", folder.acme).returncode == 0
    os.symlink(folder.write("secret.md", "# S\n\n## S\nIt is secret.\n"), folder.acme / "pay.md")
    with open(os.fsencode(folder.acme) + b"/caf\xe9.md", "w") as file:
        file.write("# C\n\n## C\nText.\n")
    checked = sotto("knowledge", "check", folder.acme)
    assert checked.returncode == 1 and "pay.md:0: is a link that leads out" in checked.stderr, checked.stderr
    assert "caf\\xe9.md:0: has a name that is not UTF-8" in checked.stderr, checked.stderr


def test_search_and_ask(at):
    folder = Folder(at)
    assert folder.knowledge("add", folder.write("moving.md", MOVING), folder.write("router.md", ROUTER)).returncode == 0
    found = folder.knowledge("search", "moving fee")
    assert found.returncode == 0 and "moving.md#" in found.stdout.splitlines()[0], found
    story = "I came home late yesterday. My neighbour was out. The router shows a red light. What a day it was."
    found = json.loads(folder.knowledge("search", story, "--json").stdout)
    assert [hit["file"] for hit in found] == ["router.md", "moving.md"], found
    assert found[0]["score"] > found[1]["score"], found
    asked = json.loads(folder.knowledge("ask", "what does the move cost?", "--json").stdout)
    assert asked["answer"]["source"]["file"] == "moving.md", asked
    none = json.loads(folder.knowledge("ask", "do you sell washing machines?", "--json").stdout)
    assert none["answer"] is None and len(none["nearest"]) == 2, none
    folder.write("config/knowledge/acme/bad.md", "text\n")
    for command in ("search", "ask"):
        stopped = folder.knowledge(command, "moving fee")
        assert stopped.returncode == 1 and "bad.md:1" in stopped.stderr and not stopped.stdout, stopped


def test_train_counts_your_lines_apart_and_warns_of_few(at):
    folder = Folder(at)
    things = ["router", "phone", "plan", "line", "bill", "box"]
    lines = [f"I want to cancel my {thing}\tcancel" for thing in things] + [f"how do I pay for the {thing}\tpay" for thing in things]
    out = folder.at / "own.intents"
    trained = sotto("train", "intents", folder.write("lines.tsv", "\n".join([*lines, "lovely weather\tnone"]) + "\n"), "--out", out)
    assert trained.returncode == 0 and out.stat().st_size > 0, trained.stderr
    background = len((ROOT / "models/intents/background.txt").read_text().split("\n")) - 1
    assert f"2 intents; 13 lines of yours, 1 of them about none; {background} background lines" in trained.stdout, trained.stdout
    assert "warning: fewer than 10 examples" in trained.stdout and "cancel (6)" in trained.stdout, trained.stdout


def main() -> int:
    os.chdir(pathlib.Path(__file__).parent)
    with tempfile.TemporaryDirectory() as folder:
        passed, failed = run_tests(globals(), folder, wanted=sys.argv[1:])
    print(closing_line(passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

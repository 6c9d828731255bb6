// scripts: what is shown in calls that were written to show suggestions to agents (aws_lca_calls). The FAQ that stands
// beside the scripts becomes a tenant, as its owner would write it without having seen a call: an article an entry, a
// said-like rule for its questions, a rule for each thing that is asked for on the way. Then the scripts are spoken.
// Prints `right`, the share of the expected suggestions in whose time a cue of the same FAQ entry is shown: from the
// end of the caller's line before it until 2 s after the line it follows; and `wrong_per_call`, cues of another entry
// or at another time. Suggestions that the script draws from a crawled website ("Source Links") are left out: it is not
// in the data. With --explain what was shown; with --write FOLDER nothing is judged, but the tenant and what each line
// of the scripts expects is written there, for scripts_audio.py.
#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <boost/algorithm/string.hpp>
#include <boost/json.hpp>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "guidance_eval.h"

using namespace sotto;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::int64_t kGapMs = 700, kInTimeMs = 2000;

struct Slot {
  std::string name, type, prompt, samples;
};
struct Entry {
  std::string id, answer, all;
  std::vector<std::string> questions;
  std::vector<Slot> slots;
};
struct Faq {
  std::vector<Entry> entries;
  std::map<std::string, std::vector<std::string>> values;  // of a slot type
};

// Braces of the template go, with what calls a helper inside them.
std::string plain(std::string text) {
  RE2::GlobalReplace(&text, R"(\{\{[^}]*\}\})", " ");
  RE2::GlobalReplace(&text, R"(\{[^}]*\})", " ");
  RE2::GlobalReplace(&text, R"((?s)^.*Suggested response:|Open https?://\S+)", " ");
  RE2::GlobalReplace(&text, R"(\s+)", " ");
  RE2::GlobalReplace(&text, R"( +([.,!?]))", "\\1");
  boost::trim(text);
  return text;
}

std::string first_words(std::string const& text, std::size_t count) {
  std::istringstream in(text);
  std::string out;
  for (std::string word; count-- > 0 && in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

Entry read_entry(json::object const& row) {
  Entry entry{.id = get_string(row, "qid"), .answer = plain(get_string(row, "a")), .all = get_string(row, "a")};
  for (auto const& question : *get_array(row, "q")) entry.questions.emplace_back(question.as_string());
  auto const* slots = get_array(row, "slots");
  for (auto const& value : slots ? *slots : json::array()) {
    auto const& slot = value.as_object();
    entry.slots.push_back({get_string(slot, "slotName"), get_string(slot, "slotType"), get_string(slot, "slotPrompt"),
                           get_string(slot, "slotSampleUtterances")});
    entry.all += " " + entry.slots.back().prompt;
  }
  return entry;
}

Faq read_faq(fs::path const& file) {
  Faq faq;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto const row = parse_object(line).value();
    if (auto const* values = get_array(row, "slotTypeValues")) {
      for (auto const& value : *values)
        faq.values[get_string(row, "qid")].push_back(get_string(value.as_object(), "synonyms"));
    }
    // Entries that call a program or draw buttons are no answers.
    if (get_string(row, "type") == "qna" && !row.contains("l") && !row.contains("r"))
      faq.entries.push_back(read_entry(row));
  }
  return faq;
}

// A question with its placeholders filled.
std::string filled(std::string text, Entry const& entry, Faq const& faq) {
  for (auto const& slot : entry.slots) {
    auto const values = faq.values.find(slot.type);
    auto const value = values != faq.values.end()     ? values->second.front()
                       : slot.type == "AMAZON.Number" ? "50"
                                                      : "Bob";
    boost::replace_all(text, "{" + slot.name + "}", value);
  }
  return text;
}

std::string quoted(std::vector<std::string> const& texts) {
  json::array out;
  for (auto const& text : texts) out.emplace_back(text);
  return json::serialize(out);
}

// --- the tenant ---

class Tenant {
 public:
  Tenant(Faq const& faq, fs::path const& folder) : faq_(faq) {
    fs::create_directories(folder / "policies/faq");
    fs::create_directories(folder / "knowledge/faq");
    for (auto const& entry : faq.entries) {
      std::ofstream(folder / "knowledge/faq" / (entry.id + ".md")) << article(entry);
      rules(entry);
    }
    rules_ << "- id: knowledge.answers\n  when:\n    speaker: customer\n    any:\n      - regex: '\\?\\s*$'\n"
              "  then:\n    knowledge: { question: utterance, articles: \"*.md\" }\n"
              "  limits: { per_call: 8, cool_down: 8s, priority: 40 }\n";
    std::ofstream(folder / "policies/faq/faq.yaml") << rules_.str();
  }

 private:
  std::string article(Entry const& entry) const {
    auto out = fmt::format("# {}\n\n", first_words(filled(entry.questions.front(), entry, faq_), 12));
    for (auto const& question : entry.questions)
      out += fmt::format("## {}\n\n{}\n\n", filled(question, entry, faq_), entry.answer);
    return out;
  }
  void rule(Entry const& entry, std::string const& any, std::string const& say) {
    rules_ << fmt::format("- id: {}.{}\n  when:\n    speaker: customer\n    any:\n{}", entry.id, ++number_, any)
           << fmt::format("  then:\n    cue: {{ kind: say, headline: {}, body: {} }}\n",
                          json::serialize(json::value(first_words(say, 9))),
                          json::serialize(json::value(first_words(say, 35))))
           << "  limits: { per_call: 1, priority: 60 }\n";
  }
  // Asked first: what no question of this kind names, unless it is the only thing and may be known already.
  std::string next_of(Entry const& entry, std::string const& question) const {
    if (entry.slots.size() > 1) {
      for (auto const& slot : entry.slots) {
        if (!question.contains("{" + slot.name + "}")) return slot.prompt;
      }
    }
    return entry.answer;
  }
  void rules(Entry const& entry) {
    std::map<std::string, std::vector<std::string>> questions;  // by what they bring
    for (auto const& question : entry.questions)
      questions[next_of(entry, question)].push_back(filled(question, entry, faq_));
    for (auto const& [say, like] : questions) rule(entry, fmt::format("      - said_like: {}\n", quoted(like)), say);
    for (std::size_t i = 0; entry.slots.size() > 1 && i < entry.slots.size(); ++i)
      rule(entry, given(entry, entry.slots[i]), i + 1 < entry.slots.size() ? entry.slots[i + 1].prompt : entry.answer);
  }
  // Words that give what the slot asks for.
  std::string given(Entry const& entry, Slot const& slot) const {
    std::string out;
    if (auto const values = faq_.values.find(slot.type); values != faq_.values.end())
      out += fmt::format("      - phrase: {}\n", quoted(values->second));
    if (slot.type == "AMAZON.FirstName") out += "      - said_like: [ \"my name is Bob\", \"my first name is Bob\" ]\n";
    if (slot.type == "AMAZON.Number" && slot.samples.empty()) out += "      - regex: '\\b\\d{4}\\b'\n";
    if (slot.type == "AMAZON.Number" && !slot.samples.empty()) out += "      - entity: money\n";
    std::vector<std::string> samples;
    boost::split(samples, slot.samples, boost::is_any_of(","));
    for (auto& sample : samples) sample = boost::trim_copy(filled(sample, entry, faq_));
    std::erase(samples, "");
    if (!samples.empty()) out += fmt::format("      - said_like: {}\n", quoted(samples));
    return out;
  }

  Faq const& faq_;
  std::ostringstream rules_;
  int number_ = 0;
};

// --- the scripts ---

struct Line {
  char kind = 'C';  // C: caller, A: agent, S: expected suggestion
  std::string text;
};

std::vector<Line> read_script(fs::path const& file) {
  std::vector<Line> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::string who, text;
    RE2::GlobalReplace(&line, R"(</?span[^>]*>)", "");
    RE2::GlobalReplace(&line, R"(\[([^\]]*)\]\([^)]*\))", "\\1");
    if (RE2::FullMatch(line, R"(\s*\*\*(Agent|Caller|AGENTASSIST)\*\*:\s*(.*))", &who, &text)) {
      boost::erase_all(text, "*");
      out.push_back({who == "Caller" ? 'C' : who == "Agent" ? 'A' : 'S', boost::trim_copy(text)});
    } else if (!out.empty() && out.back().kind == 'S' && line.starts_with("Source Link")) {
      out.back().text += " " + line;
    }
  }
  return out;
}

std::set<std::string> words_of(std::string text) {
  boost::to_lower(text);
  std::set<std::string> out;
  std::string word;
  for (re2::StringPiece rest(text); RE2::FindAndConsume(&rest, R"(([a-z0-9]+))", &word);) out.insert(word);
  return out;
}

// The entry that shares most words, as Dice counts them.
std::string entry_of(std::string const& text, Faq const& faq) {
  auto const said = words_of(text);
  std::string best;
  double most = 0;
  for (auto const& entry : faq.entries) {
    std::vector<std::string> pieces{entry.answer, entry.all};
    for (auto const& slot : entry.slots) pieces.push_back(slot.prompt);
    for (auto const& piece : pieces) {
      auto const words = words_of(piece);
      double both = 0;
      for (auto const& word : said) both += words.contains(word);
      auto const dice = 2 * both / static_cast<double>(said.size() + words.size());
      if (dice > most) most = dice, best = entry.id;
    }
  }
  return best;
}

struct ShownCue {
  std::int64_t at_ms = 0;
  std::string entry, headline;
};
struct Expected {
  std::int64_t from_ms = 0, until_ms = 0;
  std::string entry, text;
};
struct Played {
  std::vector<ShownCue> cues;
  std::vector<Expected> expected;
  int left_out = 0;
};

std::string entry_of(Cue const& cue) {
  auto const& name = cue.because.trigger == "knowledge" && cue.source ? cue.source->file : cue.policy;
  return name.substr(0, name.rfind('.'));
}

Played play(app::CallReplayRoom& room, std::vector<Line> const& script, Faq const& faq) {
  app::CallReplay call_replay(room, eval::call("script", "faq"));
  Played out;
  auto const note = [&](std::vector<app::Happened> const& happened) {
    for (auto const& [at_ms, what] : happened) {
      if (auto const* cue = std::get_if<Cue>(&what)) out.cues.push_back({at_ms, entry_of(*cue), cue->headline});
    }
  };
  std::int64_t at_ms = 1000, caller_ms = 0;
  for (auto const& [kind, text] : script) {
    if (kind == 'S') {
      bool const crawled = text.contains("Source Link");
      out.left_out += crawled;
      if (!crawled) out.expected.push_back({caller_ms, at_ms - kGapMs + kInTimeMs, entry_of(text, faq), text});
      continue;
    }
    note(call_replay.say(kind == 'C' ? Track::customer : Track::agent, text, at_ms));
    at_ms += eval::spoken_ms(text);
    if (kind == 'C') caller_ms = at_ms;
    at_ms += kGapMs;
  }
  note(call_replay.pass(at_ms + 3000));
  return out;
}

constexpr std::array kScripts{"demo_agent", "demo_agent1"};

std::vector<Line> script_of(char const* name) {
  return read_script(eval::data() / "aws_lca_calls" / fmt::format("{}.script.md", name));
}

void write_scripts(Faq const& faq, fs::path const& folder) {
  for (auto const* name : kScripts) {
    json::array lines;
    for (auto const& [kind, text] : script_of(name)) {
      json::object line{{"kind", std::string(1, kind)}, {"text", text}};
      if (kind == 'S') line["entry"] = text.contains("Source Link") ? "" : entry_of(text, faq);
      lines.push_back(std::move(line));
    }
    std::ofstream(folder / fmt::format("{}.json", name)) << lines << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::warn);
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0) {
    auto const faq = read_faq(eval::data() / "aws_lca_calls/qna-aa-demo1.jsonl");
    Tenant(faq, argv[2]);
    write_scripts(faq, argv[2]);
    return 0;
  }
  bool const explain = argc > 1 && std::strcmp(argv[1], "--explain") == 0;
  auto const folder = fs::temp_directory_path() / fmt::format("sotto-eval-scripts-{}", std::random_device{}());
  auto const faq = read_faq(eval::data() / "aws_lca_calls/qna-aa-demo1.jsonl");
  Tenant(faq, folder);
  auto const room = eval::room(folder / "policies", folder / "knowledge");
  double right = 0, expected = 0, wrong = 0, calls = 0;
  int left_out = 0;
  for (auto const* name : kScripts) {
    auto const played = play(*room, script_of(name), faq);
    std::set<std::size_t> fitting;
    for (auto const& wanted : played.expected) {
      bool found = false;
      for (std::size_t i = 0; i < played.cues.size(); ++i) {
        auto const& cue = played.cues[i];
        if (cue.entry != wanted.entry || cue.at_ms < wanted.from_ms || cue.at_ms > wanted.until_ms) continue;
        fitting.insert(i);
        found = true;
      }
      right += found;
      if (explain)
        fmt::print(stderr, "{} {:6.1f} s {} \"{}\"\n", found ? "right " : "missed",
                   static_cast<double>(wanted.until_ms) / 1000, wanted.entry, wanted.text);
    }
    for (std::size_t i = 0; i < played.cues.size(); ++i) {
      auto const& cue = played.cues[i];
      if (explain)
        fmt::print(stderr, "{} {:6.1f} s {} \"{}\"\n", fitting.contains(i) ? "shown " : "wrong ",
                   static_cast<double>(cue.at_ms) / 1000, cue.entry, cue.headline);
    }
    expected += static_cast<double>(played.expected.size());
    wrong += static_cast<double>(played.cues.size() - fitting.size());
    left_out += played.left_out;
    calls += 1;
  }
  fs::remove_all(folder);
  fmt::print(stderr, "{} suggestions of a website that is not in the data are left out\n", left_out);
  eval::print_share("scripts", "right", right, expected, 0.6, 0.85, R"(,"input":"text")");
  eval::print_rate("scripts", "wrong_per_call", wrong, static_cast<double>(calls), 2, 0, R"(,"input":"text")");
}

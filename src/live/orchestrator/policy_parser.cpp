#include "live/orchestrator/policy_parser.h"

#include <charconv>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

namespace sotto::orchestrator {

namespace {

// A cue's headline is read in 3 s, a full card in 15 s (Section 5 of the interface's rules).
constexpr int kHeadlineWords = 9;
constexpr int kBodyWords = 35;
constexpr std::string_view kKinds[] = {"answer", "next_step", "say", "careful", "must_say"};

int count_words(std::string const& text) {
  std::istringstream in(text);
  std::string word;
  int count = 0;
  while (in >> word) ++count;
  return count;
}

class Parser {
 public:
  explicit Parser(std::string file) : file_(std::move(file)) {}
  ParsedPolicies run(std::string_view text);

 private:
  void problem(YAML::Node const& at, std::string reason) {
    out_.problems.push_back({file_, at.Mark().is_null() ? 0 : at.Mark().line + 1, std::move(reason)});
  }
  // Every key of `map` must be one of `known`.
  bool keys(YAML::Node const& map, std::string_view what, std::initializer_list<std::string_view> known);
  std::string text(YAML::Node const& node, std::string_view what);
  std::vector<std::string> texts(YAML::Node const& node, std::string_view what);
  std::int64_t duration(YAML::Node const& node, std::string_view what);
  int integer(YAML::Node const& node, std::string_view what, int least, int most);

  Rule rule(YAML::Node const& node);
  void when(YAML::Node const& node, Rule& rule);
  Spoken spoken(YAML::Node const& node, std::string_view what);
  void triggers(YAML::Node const& node, Spoken& into);
  Order order(YAML::Node const& node);
  void then(YAML::Node const& node, Rule& rule);
  CueTemplate cue(YAML::Node const& node);
  void limits(YAML::Node const& node, Rule& rule);

  std::string const file_;
  ParsedPolicies out_;
};

bool Parser::keys(YAML::Node const& map, std::string_view what, std::initializer_list<std::string_view> known) {
  if (!map.IsMap()) {
    problem(map, fmt::format("{} must be a map of {}", what, fmt::join(known, ", ")));
    return false;
  }
  for (auto const& entry : map) {
    auto const key = entry.first.as<std::string>("");
    if (std::ranges::find(known, key) == known.end()) {
      problem(entry.first, fmt::format("unknown key \"{}\" in {}; known: {}", key, what, fmt::join(known, ", ")));
    }
  }
  return true;
}

std::string Parser::text(YAML::Node const& node, std::string_view what) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    problem(node, fmt::format("{} must be a text", what));
    return "";
  }
  return node.Scalar();
}

std::vector<std::string> Parser::texts(YAML::Node const& node, std::string_view what) {
  if (node.IsScalar()) return {text(node, what)};
  std::vector<std::string> out;
  if (!node.IsSequence() || node.size() == 0) {
    problem(node, fmt::format("{} must be a text or a list of texts", what));
    return out;
  }
  for (auto const& entry : node) out.push_back(text(entry, what));
  return out;
}

// "120s", "1500ms", "2m".
std::int64_t Parser::duration(YAML::Node const& node, std::string_view what) {
  auto const written = node.IsScalar() ? node.Scalar() : "";
  double value = 0;
  auto const [end, failed] = std::from_chars(written.data(), written.data() + written.size(), value);
  std::string_view const unit(end, static_cast<std::size_t>(written.data() + written.size() - end));
  double const factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : 0;
  if (failed != std::errc() || factor == 0 || value < 0 || value * factor > 86'400'000) {
    problem(node, fmt::format("{} must be a duration such as 30s, 1500ms or 2m, not \"{}\"", what, written));
    return 0;
  }
  return static_cast<std::int64_t>(value * factor);
}

int Parser::integer(YAML::Node const& node, std::string_view what, int least, int most) {
  try {
    int const value = node.as<int>();
    if (value >= least && value <= most) return value;
  } catch (YAML::Exception const&) {
  }
  problem(node, fmt::format("{} must be a whole number from {} to {}", what, least, most));
  return least;
}

void Parser::triggers(YAML::Node const& node, Spoken& into) {
  for (auto const& entry : node) {
    auto const key = entry.first.as<std::string>("");
    if (key == "said_like") {
      into.triggers.push_back({SpokenTrigger::Kind::said_like, texts(entry.second, "said_like"), nullptr});
    } else if (key == "phrase") {
      into.triggers.push_back({SpokenTrigger::Kind::phrase, texts(entry.second, "phrase"), nullptr});
    } else if (key == "regex") {
      for (auto const& pattern : texts(entry.second, "regex")) {
        auto const compiled = std::make_shared<re2::RE2 const>(pattern, re2::RE2::Quiet);
        if (!compiled->ok()) problem(entry.second, fmt::format("regex '{}': {}", pattern, compiled->error()));
        into.triggers.push_back({SpokenTrigger::Kind::regex, {pattern}, compiled});
      }
    }
  }
}

Spoken Parser::spoken(YAML::Node const& node, std::string_view what) {
  Spoken out;
  if (!keys(node, what, {"speaker", "said_like", "phrase", "regex", "any", "all"})) return out;
  if (auto const speaker = node["speaker"]) {
    out.speaker = parse_track(text(speaker, "speaker"));
    if (!out.speaker && speaker.as<std::string>("") != "either")
      problem(speaker, "speaker must be customer, agent or either");
  }
  triggers(node, out);
  for (auto const* group : {"any", "all"}) {
    auto const list = node[group];
    if (!list) continue;
    if (!list.IsSequence()) {
      problem(list, fmt::format("{} must be a list of said_like, phrase or regex", group));
      continue;
    }
    out.all = std::string_view(group) == "all";
    for (auto const& entry : list) {
      if (keys(entry, group, {"said_like", "phrase", "regex"})) triggers(entry, out);
    }
  }
  if (node["any"] && node["all"]) problem(node, fmt::format("{} has both any and all; use one", what));
  if (out.triggers.empty()) problem(node, fmt::format("{} names no words: said_like, phrase or regex", what));
  return out;
}

Order Parser::order(YAML::Node const& node) {
  Order out;
  if (!keys(node, "order", {"speaker", "said_like", "phrase", "regex", "not_before", "not_after", "within"}))
    return out;
  YAML::Node first;
  for (auto const& entry : node) {
    auto const key = entry.first.as<std::string>("");
    if (key == "speaker" || key == "said_like" || key == "phrase" || key == "regex") first[key] = entry.second;
  }
  if (!first.IsMap()) problem(node, "order names no words that were said");
  else out.said = spoken(first, "order");
  bool const before = static_cast<bool>(node["not_before"]);
  out.after = static_cast<bool>(node["not_after"]);
  if (before == out.after) {
    problem(node, "order needs one of not_before and not_after");
    return out;
  }
  out.other = spoken(out.after ? node["not_after"] : node["not_before"], out.after ? "not_after" : "not_before");
  if (out.after && !node["within"]) problem(node, "not_after needs within: how long the words are waited for");
  if (auto const within = node["within"]) out.within_ms = duration(within, "within");
  return out;
}

void Parser::when(YAML::Node const& node, Rule& rule) {
  if (!node.IsMap()) return problem(node, "when must be a map");
  int forms = 0;
  for (auto const* form : {"elapsed", "silence", "order"}) forms += node[form] ? 1 : 0;
  if (forms > 1 || (forms == 1 && node.size() > 1))
    return problem(node, "when has several forms; elapsed, silence and order stand alone");
  if (node["elapsed"]) rule.when = AfterElapsed{duration(node["elapsed"], "elapsed")};
  else if (node["silence"]) rule.when = AfterSilence{duration(node["silence"], "silence")};
  else if (node["order"]) rule.when = order(node["order"]);
  else rule.when = spoken(node, "when");
}

CueTemplate Parser::cue(YAML::Node const& node) {
  CueTemplate out;
  if (!keys(node, "cue", {"kind", "headline", "body", "source"})) return out;
  if (auto const kind = node["kind"]) {
    out.kind = text(kind, "kind");
    if (std::ranges::find(kKinds, out.kind) == std::end(kKinds))
      problem(kind, fmt::format("kind must be one of {}", fmt::join(kKinds, ", ")));
  }
  if (!node["headline"]) problem(node, "cue needs a headline");
  else out.headline = text(node["headline"], "headline");
  if (node["body"]) out.body = text(node["body"], "body");
  if (node["source"]) out.source = text(node["source"], "source");
  if (count_words(out.headline) > kHeadlineWords) {
    problem(node["headline"],
            fmt::format("headline has {} words; at most {}", count_words(out.headline), kHeadlineWords));
  }
  if (count_words(out.body) > kBodyWords)
    problem(node["body"], fmt::format("body has {} words; at most {}", count_words(out.body), kBodyWords));
  return out;
}

void Parser::then(YAML::Node const& node, Rule& rule) {
  if (!keys(node, "then", {"cue", "checklist", "knowledge"})) return;
  if (auto const node_cue = node["cue"]) rule.cue = cue(node_cue);
  if (auto const item = node["checklist"]; item && keys(item, "checklist", {"item", "label"})) {
    if (!item["item"] || !item["label"]) problem(item, "checklist needs item and label");
    else rule.checklist = ChecklistItem{text(item["item"], "item"), text(item["label"], "label")};
  }
  if (auto const ask = node["knowledge"]; ask && keys(ask, "knowledge", {"question", "articles"})) {
    if (ask["question"] && text(ask["question"], "question") != "utterance")
      problem(ask["question"], "question must be utterance");
    rule.knowledge = KnowledgeAsk{ask["articles"] ? text(ask["articles"], "articles") : "*.md"};
    if (!std::holds_alternative<Spoken>(rule.when))
      problem(ask, "knowledge needs words in when: they are the question");
  }
  if (node.size() == 0) problem(node, "then does nothing: cue, checklist or knowledge");
}

void Parser::limits(YAML::Node const& node, Rule& rule) {
  if (!keys(node, "limits", {"cool_down", "per_call", "fresh", "shown", "priority"})) return;
  auto& limits = rule.limits;
  if (node["cool_down"]) limits.cool_down_ms = duration(node["cool_down"], "cool_down");
  if (node["per_call"]) limits.per_call = integer(node["per_call"], "per_call", 1, 1000);
  if (node["fresh"]) limits.fresh_ms = duration(node["fresh"], "fresh");
  if (node["shown"]) limits.shown_ms = duration(node["shown"], "shown");
  if (node["priority"]) limits.priority = integer(node["priority"], "priority", 0, 100);
  if (node["shown"] && (limits.shown_ms < 8'000 || limits.shown_ms > 45'000))
    problem(node["shown"], "shown must be from 8s to 45s");
}

Rule Parser::rule(YAML::Node const& node) {
  Rule rule{.file = file_, .line = node.Mark().line + 1};
  if (!keys(node, "a rule", {"id", "owner", "when", "unless", "then", "limits", "measure", "threshold"})) return rule;
  if (!node["id"]) problem(node, "a rule needs an id");
  else rule.id = text(node["id"], "id");
  if (node["owner"]) rule.owner = text(node["owner"], "owner");
  if (!node["when"]) problem(node, fmt::format("rule {} has no when", rule.id));
  else when(node["when"], rule);
  if (node["unless"]) rule.unless = spoken(node["unless"], "unless");
  if (!node["then"]) problem(node, fmt::format("rule {} has no then", rule.id));
  else then(node["then"], rule);
  if (node["limits"]) limits(node["limits"], rule);
  if (auto const measure = node["measure"]; measure && keys(measure, "measure", {"agent_says_like", "within"})) {
    rule.measure = Measure{};
    if (measure["agent_says_like"])
      rule.measure->agent_says_like = texts(measure["agent_says_like"], "agent_says_like");
    else problem(measure, "measure needs agent_says_like");
    if (measure["within"]) rule.measure->within_ms = duration(measure["within"], "within");
  }
  if (auto const threshold = node["threshold"]) {
    rule.threshold = threshold.as<double>(-1);
    if (rule.threshold < 0.3 || rule.threshold > 0.99) problem(threshold, "threshold must be from 0.3 to 0.99");
  }
  return rule;
}

ParsedPolicies Parser::run(std::string_view text) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(text));
  } catch (YAML::Exception const& error) {
    out_.problems.push_back({file_, error.mark.line + 1, error.msg});
    return std::move(out_);
  }
  if (root.IsNull()) return std::move(out_);
  if (!root.IsSequence()) {
    problem(root, "a policy file is a list of rules, each beginning with \"- id:\"");
    return std::move(out_);
  }
  std::set<std::string> ids;
  for (auto const& node : root) {
    auto parsed = rule(node);
    if (!parsed.id.empty() && !ids.insert(parsed.id).second)
      problem(node, fmt::format("rule id {} is used twice in this file", parsed.id));
    out_.rules.push_back(std::move(parsed));
  }
  return std::move(out_);
}

}  // namespace

ParsedPolicies parse_policies(std::string_view text, std::string const& file) { return Parser(file).run(text); }

}  // namespace sotto::orchestrator

#include <algorithm>
#include <cstdlib>
#include <span>

#include <fmt/format.h>
#include <re2/re2.h>

#include "policy/reader.h"

namespace sotto::policy {

namespace {

constexpr std::string_view kSentiments[] = {"negative", "neutral", "positive", "worsening"};
constexpr std::string_view kEntities[] = {"card", "account", "order", "ticket",  "phone", "email",   "date",
                                          "time", "money",   "name",  "address", "iban",  "identity"};
constexpr char const* kForms = "said_like, phrase, regex, parts, intent, sentiment or entity";

bool one_of(std::string const& text, std::span<std::string_view const> known) {
  return std::ranges::find(known, text) != known.end();
}

}  // namespace

void PolicyReader::trigger(std::string const& key, YAML::Node const& node, Spoken& into) {
  using Kind = SpokenTrigger::Kind;
  auto const known = [&](std::span<std::string_view const> words) {
    for (auto const& word : texts(node, key)) {
      if (!word.empty() && !one_of(word, words))
        problem(node, fmt::format("there is no {} \"{}\"; known: {}", key, word, fmt::join(words, ", ")));
    }
    return texts(node, key);
  };
  if (key == "said_like") into.triggers.push_back({Kind::said_like, spoken_texts(node, key), nullptr});
  if (key == "phrase") {
    into.triggers.push_back({Kind::phrase, spoken_texts(node, key), nullptr});
  }
  if (key == "parts") into.triggers.push_back({Kind::parts, spoken_texts(node, key), nullptr});
  if (key == "intent") into.triggers.push_back({Kind::intent, spoken_texts(node, key), nullptr});
  if (key == "sentiment") into.triggers.push_back({Kind::sentiment, known(kSentiments), nullptr});
  if (key == "entity") into.triggers.push_back({Kind::entity, known(kEntities), nullptr});
  if (key != "regex") return;
  for (auto const& pattern : texts(node, "regex")) {
    auto const compiled = std::make_shared<re2::RE2 const>(pattern, re2::RE2::Quiet);
    if (!compiled->ok()) problem(node, fmt::format("regex '{}': {}", pattern, compiled->error()));
    else if (re2::RE2::PartialMatch("", *compiled))
      problem(node, fmt::format("regex '{}' matches the empty text, so everything that is said", pattern));
    into.triggers.push_back({Kind::regex, {pattern}, compiled});
  }
}

void PolicyReader::triggers(YAML::Node const& node, Spoken& into) {
  for (auto const& entry : node) trigger(entry.first.as<std::string>(""), entry.second, into);
}

Spoken PolicyReader::spoken(YAML::Node const& node, std::string_view what) {
  Spoken out;
  if (!keys(node, what,
            {"speaker", "said_like", "phrase", "regex", "parts", "intent", "sentiment", "entity", "any", "all"}))
    return out;
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
      problem(list, fmt::format("{} must be a list of {}", group, kForms));
      continue;
    }
    out.all = std::string_view(group) == "all";
    for (auto const& entry : list) {
      if (keys(entry, group, {"said_like", "phrase", "regex", "parts", "intent", "sentiment", "entity"}))
        triggers(entry, out);
    }
  }
  if (node["any"] && node["all"]) problem(node, fmt::format("{} has both any and all; use one", what));
  if (out.triggers.empty() && !node["emotion"]) problem(node, fmt::format("{} names no words: {}", what, kForms));
  bool const feels = std::ranges::any_of(
      out.triggers, [](auto const& trigger) { return trigger.kind == SpokenTrigger::Kind::sentiment; });
  if (feels && out.speaker == Track::agent) problem(node, "sentiment is judged of the customer's words only");
  return out;
}

Order PolicyReader::order(YAML::Node const& node) {
  Order out;
  if (!keys(node, "order",
            {"speaker", "said_like", "phrase", "regex", "intent", "any", "all", "not_before", "not_after", "within"}))
    return out;
  YAML::Node first;
  for (auto const& entry : node) {
    auto const key = entry.first.as<std::string>("");
    if (key != "not_before" && key != "not_after" && key != "within") first[key] = entry.second;
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

// { speaker: agent, over: 70%, after: 2m }
TalkRatio PolicyReader::talk_ratio(YAML::Node const& node) {
  TalkRatio out;
  if (!keys(node, "talk_ratio", {"speaker", "over", "after"})) return out;
  if (auto const speaker = node["speaker"]) {
    auto const track = parse_track(text(speaker, "speaker"));
    if (track) out.speaker = *track;
    else problem(speaker, "speaker of talk_ratio must be customer or agent");
  }
  if (auto const over = node["over"]) {
    auto const written = text(over, "over");
    out.over = std::strtod(written.c_str(), nullptr) / (written.ends_with('%') ? 100 : 1);
    if (!(out.over >= 0.5 && out.over < 1)) problem(over, "over must be a share from 50% to 99%");
  }
  if (auto const after = node["after"]) out.after_ms = duration(after, "after");
  return out;
}

void PolicyReader::when(YAML::Node const& node, Rule& rule) {
  if (!node.IsMap()) return problem(node, "when must be a map");
  int forms = 0;
  for (auto const* form : {"elapsed", "silence", "order", "talk_ratio"}) forms += node[form] ? 1 : 0;
  if (forms > 1 || (forms == 1 && node.size() > 1))
    return problem(node, "when has several forms; elapsed, silence, order and talk_ratio stand alone");
  if (node["elapsed"]) rule.when = AfterElapsed{duration(node["elapsed"], "elapsed")};
  else if (node["silence"]) rule.when = AfterSilence{duration(node["silence"], "silence")};
  else if (node["order"]) rule.when = order(node["order"]);
  else if (node["talk_ratio"]) rule.when = talk_ratio(node["talk_ratio"]);
  else rule.when = spoken(node, "when");
}

}  // namespace sotto::policy

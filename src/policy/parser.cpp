#include "policy/parser.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/unicode.h"
#include "base/yaml.h"
#include "policy/reader.h"

namespace sotto::policy {

void PolicyReader::problem(YAML::Node const& at, std::string reason) {
  out_.problems.push_back({file_, at.Mark().is_null() ? 0 : at.Mark().line + 1, language::escaped(reason)});
}

bool PolicyReader::keys(YAML::Node const& map, std::string_view what, std::initializer_list<std::string_view> known) {
  if (!map.IsMap()) {
    problem(map, fmt::format("{} must be a map of {}", what, fmt::join(known, ", ")));
    return false;
  }
  std::set<std::string> seen;
  for (auto const& entry : map) {
    auto const key = entry.first.as<std::string>("");
    if (!seen.insert(key).second) problem(entry.first, fmt::format("{} has \"{}\" twice", what, key));
    if (key == "emotion") problem(entry.first, std::string(kEmotionIsRefused));
    else if (std::ranges::find(known, key) == known.end()) {
      problem(entry.first, fmt::format("unknown key \"{}\" in {}; known: {}", key, what, fmt::join(known, ", ")));
    }
  }
  return true;
}

std::string PolicyReader::text(YAML::Node const& node, std::string_view what) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    problem(node, fmt::format("{} must be a text", what));
    return "";
  }
  auto const& written = node.Scalar();
  if (written.size() > limits::kPolicyTextBytesMax)
    problem(node, fmt::format("{} has {} bytes; at most {}", what, written.size(), limits::kPolicyTextBytesMax));
  if (auto const stray = language::stray_character(written); !stray.empty())
    problem(node, fmt::format("{} holds {}, which is no character of a text", what, stray));
  return written;
}

std::string PolicyReader::name(YAML::Node const& node, std::string_view what) {
  auto out = language::plain(text(node, what));
  if (out.size() > limits::kIdLengthMax)
    problem(node, fmt::format("{} has {} bytes; at most {}", what, out.size(), limits::kIdLengthMax));
  return out;
}

std::vector<std::string> PolicyReader::spoken_texts(YAML::Node const& node, std::string_view what) {
  auto out = texts(node, what);
  for (auto& spoken : out) {
    bool const said = !spoken.empty();
    spoken = language::plain(spoken);
    if (said && spoken.empty()) problem(node, fmt::format("{} must be a text", what));
    else if (said && !language::has_letter(spoken))
      problem(node,
              fmt::format("{} \"{}\" has no words", what, language::escaped(std::string_view(spoken).substr(0, 40))));
    if (spoken.size() > limits::kSpokenBytesMax)
      problem(node, fmt::format("{} has {} bytes; at most {} are said at once: \"{}...\"", what, spoken.size(),
                                limits::kSpokenBytesMax, language::escaped(std::string_view(spoken).substr(0, 40))));
  }
  return out;
}

std::string PolicyReader::line(YAML::Node const& node, std::string_view what) {
  return language::readable(text(node, what));
}

std::vector<std::string> PolicyReader::texts(YAML::Node const& node, std::string_view what) {
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
std::int64_t PolicyReader::duration(YAML::Node const& node, std::string_view what) {
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

int PolicyReader::integer(YAML::Node const& node, std::string_view what, int least, int most) {
  try {
    int const value = node.as<int>();
    if (value >= least && value <= most) return value;
  } catch (YAML::Exception const&) {
  }
  problem(node, fmt::format("{} must be a whole number from {} to {}", what, least, most));
  return least;
}

void PolicyReader::limits(YAML::Node const& node, Rule& rule) {
  if (!keys(node, "limits", {"cool_down", "per_call", "fresh", "shown", "priority"})) return;
  auto& limits = rule.limits;
  if (node["cool_down"]) limits.cool_down_ms = duration(node["cool_down"], "cool_down");
  if (node["per_call"]) limits.per_call = integer(node["per_call"], "per_call", 1, 1000);
  if (node["fresh"]) limits.fresh_ms = duration(node["fresh"], "fresh");
  if (node["fresh"] && limits.fresh_ms < 1000) problem(node["fresh"], "fresh must be at least 1s");
  if (node["shown"]) limits.shown_ms = duration(node["shown"], "shown");
  if (node["priority"]) limits.priority = integer(node["priority"], "priority", 0, 100);
  if (node["shown"] && (limits.shown_ms < 8'000 || limits.shown_ms > 45'000))
    problem(node["shown"], "shown must be from 8s to 45s");
}

// "2027-01-31".
std::optional<std::chrono::sys_days> PolicyReader::date(YAML::Node const& node, std::string_view what) {
  int year = 0;
  unsigned month = 0, day = 0;
  char rest = 0;
  auto const written = node.IsScalar() ? node.Scalar() : "";
  if (std::sscanf(written.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &rest) == 3) {
    std::chrono::year_month_day const at{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (at.ok()) return std::chrono::sys_days(at);
  }
  problem(node, fmt::format("{} must be a date such as 2027-01-31, not \"{}\"", what, written));
  return std::nullopt;
}

Audience PolicyReader::audience(YAML::Node const& node) {
  Audience out;
  if (!keys(node, "audience", {"teams", "agents", "jurisdictions"})) return out;
  if (node["teams"]) out.teams = texts(node["teams"], "teams");
  if (node["agents"]) out.agents = texts(node["agents"], "agents");
  if (node["jurisdictions"]) out.jurisdictions = texts(node["jurisdictions"], "jurisdictions");
  return out;
}

// { from: 2026-11-01, until: 2027-01-31, days: [mon, tue], hours: "08:00-18:00", utc_offset: "+01:00" }
Schedule PolicyReader::schedule(YAML::Node const& node) {
  static constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  Schedule out;
  if (!keys(node, "schedule", {"from", "until", "days", "hours", "utc_offset"})) return out;
  if (node["from"]) out.from = date(node["from"], "from");
  if (node["until"]) out.until = date(node["until"], "until");
  if (out.from && out.until && *out.until < *out.from)
    problem(node, "schedule ends before it begins: it can never fire");
  if (auto const days = node["days"]) {
    for (auto const& name : texts(days, "days")) {
      auto const* const day = std::ranges::find(kDays, name);
      if (day == std::end(kDays)) problem(days, fmt::format("days must be of {}", fmt::join(kDays, ", ")));
      else out.days.insert(static_cast<unsigned>(day - kDays) + 1);
    }
  }
  if (auto const hours = node["hours"]) {
    int h1 = -1, m1 = -1, h2 = -1, m2 = -1;
    bool const read = std::sscanf(text(hours, "hours").c_str(), "%2d:%2d-%2d:%2d", &h1, &m1, &h2, &m2) == 4;
    out.begins = h1 * 60 + m1;
    out.ends = h2 * 60 + m2;
    if (!read || h1 < 0 || m1 < 0 || m1 > 59 || m2 < 0 || m2 > 59 || out.ends > 24 * 60 || out.begins >= out.ends)
      problem(hours, "hours must be a part of one day, such as \"08:00-18:00\"");
  }
  if (auto const offset = node["utc_offset"]) {
    int hour = 0, minute = 0;
    bool const read = std::sscanf(text(offset, "utc_offset").c_str(), "%3d:%2d", &hour, &minute) == 2;
    if (!read || hour < -12 || hour > 14 || minute < 0 || minute > 59)
      problem(offset, "utc_offset must be written as \"+01:00\"");
    out.utc_offset = hour * 60 + (hour < 0 ? -minute : minute);
  }
  return out;
}

void PolicyReader::measure(YAML::Node const& node, Rule& rule) {
  if (!keys(node, "measure", {"agent_says_like", "within"})) return;
  rule.measure = Measure{};
  if (node["agent_says_like"]) rule.measure->agent_says_like = spoken_texts(node["agent_says_like"], "agent_says_like");
  else problem(node, "measure needs agent_says_like");
  if (node["within"]) rule.measure->within_ms = duration(node["within"], "within");
}

// - intent: change_address
//   examples: [ .. ]
//   unlike: [ .. ]
IntentDefinition PolicyReader::intent(YAML::Node const& node) {
  constexpr std::size_t kLeastExamples = 3;
  IntentDefinition out{.file = file_, .line = node.Mark().line + 1};
  if (!keys(node, "an intent", {"intent", "examples", "unlike"})) return out;
  out.name = name(node["intent"], "intent");
  if (!node["examples"]) problem(node, fmt::format("intent {} has no examples", out.name));
  else out.examples = spoken_texts(node["examples"], "examples");
  if (node["examples"] && out.examples.size() < kLeastExamples)
    problem(node, fmt::format("intent {} has {} examples; {} are the least, 5 to 10 are good", out.name,
                              out.examples.size(), kLeastExamples));
  if (node["unlike"]) out.unlike = spoken_texts(node["unlike"], "unlike");
  return out;
}

// - keyterms: [ Zephyrion, Blue Fox plan ]
void PolicyReader::keyterms(YAML::Node const& node) {
  if (!keys(node, "keyterms", {"keyterms"})) return;
  for (auto& term : spoken_texts(node["keyterms"], "keyterms")) {
    if (term.size() > limits::kKeytermBytesMax)
      problem(node, fmt::format("the keyterm \"{}\" has {} bytes; at most {}", language::escaped(term), term.size(),
                                limits::kKeytermBytesMax));
    out_.keyterms.push_back(std::move(term));
  }
}

// What is written well and does nothing.
void PolicyReader::does_nothing(YAML::Node const& node, Rule const& rule) {
  bool said_like = false;
  for_each_spoken(rule, [&](Spoken const& spoken) {
    said_like = said_like || std::ranges::any_of(spoken.triggers, [](auto const& trigger) {
                  return trigger.kind == SpokenTrigger::Kind::said_like;
                });
  });
  if (rule.unless && std::holds_alternative<TalkRatio>(rule.when))
    problem(node["unless"], fmt::format("rule {}: unless does nothing beside talk_ratio", rule.id));
  if (rule.measure && !rule.cue && !rule.knowledge)
    problem(node["measure"], fmt::format("rule {}: measure does nothing without a cue", rule.id));
  if (node["threshold"] && !said_like)
    problem(node["threshold"], fmt::format("rule {}: threshold does nothing without said_like", rule.id));
  if (rule.cue && rule.knowledge)
    problem(node["then"],
            fmt::format("rule {}: cue does nothing beside knowledge: the passage is what is shown", rule.id));
}

// What is written well and can still never come true.
void PolicyReader::can_never_fire(YAML::Node const& node, Rule const& rule) {
  if (auto const* order = std::get_if<Order>(&rule.when); order && !order->after && order->said == order->other)
    problem(node, fmt::format("rule {} can never fire: what must not come before it are the same words", rule.id));
  auto const* const when = std::get_if<Spoken>(&rule.when);
  if (!when || !rule.unless) return;
  if (rule.unless->speaker && when->speaker != rule.unless->speaker) return;
  auto const excluded = [&](std::string const& pattern) {
    return std::ranges::any_of(rule.unless->triggers, [&](auto const& trigger) {
      return std::ranges::find(trigger.patterns, pattern) != trigger.patterns.end();
    });
  };
  bool const all = std::ranges::all_of(
      when->triggers, [&](auto const& trigger) { return std::ranges::all_of(trigger.patterns, excluded); });
  if (all && !when->triggers.empty())
    problem(node, fmt::format("rule {} can never fire: its unless holds all that its when waits for", rule.id));
}

// What a rule and a flow share.
void PolicyReader::who_and_when(YAML::Node const& node, Rule& rule) {
  if (node["owner"]) rule.owner = line(node["owner"], "owner");
  if (node["review"]) rule.review = date(node["review"], "review");
  if (node["audience"]) rule.audience = audience(node["audience"]);
  if (node["schedule"]) rule.schedule = schedule(node["schedule"]);
}

Rule PolicyReader::rule(YAML::Node const& node) {
  Rule rule{.file = file_, .line = node.Mark().line + 1};
  if (!keys(node, "a rule",
            {"id", "owner", "review", "audience", "schedule", "when", "unless", "then", "limits", "measure",
             "threshold"}))
    return rule;
  if (!node["id"]) problem(node, "a rule needs an id");
  else rule.id = name(node["id"], "id");
  who_and_when(node, rule);
  if (!node["when"]) problem(node, fmt::format("rule {} has no when", rule.id));
  else when(node["when"], rule);
  if (node["unless"]) rule.unless = spoken(node["unless"], "unless");
  if (!node["then"]) problem(node, fmt::format("rule {} has no then", rule.id));
  else then(node["then"], rule);
  if (node["limits"]) limits(node["limits"], rule);
  if (node["measure"]) measure(node["measure"], rule);
  if (auto const threshold = node["threshold"]) {
    rule.threshold = threshold.as<double>(-1);
    if (!(rule.threshold >= 0.3 && rule.threshold <= 0.99)) problem(threshold, "threshold must be from 0.3 to 0.99");
  }
  does_nothing(node, rule);
  can_never_fire(node, rule);
  return rule;
}

ParsedPolicies PolicyReader::run(std::string_view bytes) {
  auto const loaded = language::load_yaml(bytes);
  if (!loaded) {
    out_.problems.push_back({file_, loaded.error().line, loaded.error().reason});
    return std::move(out_);
  }
  auto const& root = *loaded;
  if (root.IsNull()) return std::move(out_);
  if (!root.IsSequence()) {
    problem(root,
            "a policy file is a list of rules, each beginning with \"- id:\", \"- intent:\", \"- flow:\" or \"- "
            "keyterms:\"");
    return std::move(out_);
  }
  std::map<std::string, int> ids;  // the line each was used in first
  for (auto const& node : root) {
    if (node.IsMap() && node["intent"]) {
      out_.intents.push_back(intent(node));
      continue;
    }
    if (node.IsMap() && node["keyterms"]) {
      keyterms(node);
      continue;
    }
    for (auto& parsed : node.IsMap() && node["flow"] ? flow(node) : std::vector{rule(node)}) {
      auto const [first, is_new] = ids.emplace(parsed.id, parsed.line);
      if (!parsed.id.empty() && !is_new)
        problem(node, fmt::format("rule id {} is used twice in this file, first in line {}", parsed.id, first->second));
      out_.rules.push_back(std::move(parsed));
    }
  }
  return std::move(out_);
}

ParsedPolicies parse_policies(std::string_view text, std::string const& file) { return PolicyReader(file).run(text); }

}  // namespace sotto::policy

#include "app/rehearsal.h"

#include <algorithm>
#include <sstream>

#include <fmt/ranges.h>

namespace sotto::app {

namespace {

constexpr std::int64_t kStepMs = 100;
constexpr std::int64_t kHeardAfterMs = 400;  // words are final this long after their end
constexpr std::int64_t kWordMs = 400;        // 150 words a minute
constexpr Duration kPatience = 60s;

}  // namespace

Result<std::unique_ptr<RehearsalRoom>> RehearsalRoom::make(std::filesystem::path const& policies,
                                                           std::filesystem::path const& knowledge,
                                                           std::filesystem::path const& models) {
  auto room = std::unique_ptr<RehearsalRoom>(new RehearsalRoom);
  auto shard = MinilmShard::make({.folder = models / "minilm"}, room->loop_, room->clock_);
  if (!shard) return std::unexpected(shard.error());
  room->shard_ = std::move(*shard);
  room->library_ = std::make_unique<Library>(policies, knowledge, *room->shard_, room->loop_, room->clock_,
                                             models / "minilm" / "vectors.bin");
  room->router_ = std::make_unique<inference::Router>(*room->shard_, room->clock_, room->metrics_);
  room->library_->poll();
  while (!room->library_->settled()) room->loop_.context().run_one();
  if (room->library_->problems().empty()) return room;
  std::string all;
  for (auto const& problem : room->library_->problems()) all += (all.empty() ? "" : "\n") + problem.text();
  return fail("bad_policies", all);
}

Rehearsal::Rehearsal(RehearsalRoom& room, CallInfo info, guidance::GuidanceOptions options)
    : room_(room),
      info_(std::move(info)),
      orchestrator_(room.library_->policies(info_.tenant, info_.team, info_.agent), facts(info_)),
      guidance_(info_.id, options) {}

void Rehearsal::add(std::vector<guidance::Annotation> annotations, std::int64_t at_ms, std::vector<Happened>& out) {
  for (auto& annotation : annotations) out.push_back({at_ms, std::move(annotation)});
}

std::vector<Happened> Rehearsal::pass(std::int64_t until_ms) {
  std::vector<Happened> out;
  for (; now_ms_ < until_ms; now_ms_ += kStepMs) {
    auto const matches = orchestrator_.on_time(now_ms_, std::max<std::int64_t>(0, now_ms_ - spoken_until_ms_));
    if (!matches.empty()) add(guidance_.on_matches(matches, at(now_ms_), at(now_ms_)), now_ms_, out);
    add(guidance_.tick(at(now_ms_)), now_ms_, out);
  }
  return out;
}

// A rule that fired and whose cue did not come: what guidance counted says why.
void Rehearsal::say_why_not_shown(std::span<guidance::Annotation const> shown,
                                  guidance::GuidanceCounters const& before) {
  auto const& now = guidance_.counters();
  std::vector<std::string> reasons;
  if (now.cooled_down > before.cooled_down) reasons.push_back("in its cool_down");
  if (now.over_limit > before.over_limit) reasons.push_back("shown per_call times already");
  if (now.repeated > before.repeated) reasons.push_back("the same cue was shown for these words");
  if (now.late > before.late) reasons.push_back("older than fresh");
  if (reasons.empty())
    reasons.push_back("another cue is on the screen, or came less than 10 s ago: it waits while it is fresh");
  for (auto& verdict : verdicts_) {
    auto const is_its = [&](auto const& what) {
      auto const* cue = std::get_if<Cue>(&what);
      return cue && cue->policy == verdict.rule->id;
    };
    bool const has_cue = verdict.rule->cue || verdict.rule->knowledge;
    if (verdict.fired && has_cue && std::ranges::none_of(shown, is_its))
      verdict.why += fmt::format("; not shown: {}", fmt::join(reasons, ", or "));
  }
}

std::vector<Happened> Rehearsal::say(Utterance const& utterance) {
  spoken_until_ms_ = std::max(spoken_until_ms_, utterance.end_ms);
  auto out = pass(utterance.end_ms + kHeardAfterMs);
  verdicts_.clear();
  auto graph = orchestrator_.on_utterance(utterance, ++number_, room_.clock_.now() + kPatience);
  if (!graph) return out;
  auto const models =
      inference::TenantModels{room_.library_->knowledge(info_.tenant), room_.library_->intents(info_.tenant)};
  bool done = false;
  room_.router_->run(std::move(*graph), models, [&](InferenceGraph const& asked, NodeResults const& results) {
    done = true;
    auto matches = orchestrator_.complete(asked, results);
    verdicts_ = orchestrator_.explain(asked, results, matches);
    for (auto& match : matches) {
      if (models.knowledge && match.rule->cue) match.source = models.knowledge->find(match.rule->cue->source);
    }
    bool const corrects = asked.utterance.revision > 0;
    auto const spoken = at(asked.utterance.end_ms), now = at(now_ms_);
    auto const before = guidance_.counters();
    auto shown = corrects ? guidance_.on_corrected(asked.utterance.id(), matches, spoken, now)
                          : guidance_.on_matches(matches, spoken, now);
    say_why_not_shown(shown, before);
    add(std::move(shown), now_ms_, out);
    if (asked.utterance.said_by() != Track::agent) return;
    auto const nearness = [&](std::string const& example) { return orchestrator_.nearness(example, asked, results); };
    add(guidance_.on_agent_words(nearness, now), now_ms_, out);
  });
  while (!done) room_.loop_.context().run_one();
  return out;
}

std::vector<Happened> Rehearsal::say(Track speaker, std::string const& text, std::int64_t at_ms) {
  Utterance utterance{.call = info_.id,
                      .track = speaker,
                      .n = count_[index(speaker)]++,
                      .start_ms = at_ms,
                      .end_ms = at_ms,
                      .text = text};
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    utterance.words.push_back({word, utterance.end_ms, utterance.end_ms + kWordMs});
    utterance.end_ms += kWordMs;
  }
  return say(utterance);
}

}  // namespace sotto::app

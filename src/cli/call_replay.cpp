#include "cli/call_replay.h"

#include <algorithm>
#include <sstream>

namespace sotto::app {

namespace {

constexpr std::int64_t kStepMs = 100;
constexpr std::int64_t kHeardAfterMs = 400;  // words are final this long after their end
constexpr std::int64_t kWordMs = 400;        // 150 words a minute
constexpr Duration kPatience = 60s;

}  // namespace

Result<std::unique_ptr<CallReplayRoom>> CallReplayRoom::make(std::filesystem::path const& policies,
                                                             std::filesystem::path const& knowledge,
                                                             std::filesystem::path const& models,
                                                             std::optional<std::set<std::string>> only) {
  auto room = std::unique_ptr<CallReplayRoom>(new CallReplayRoom);
  auto shard = MinilmShard::make({.folder = models / "minilm"}, room->loop_, room->clock_.system);
  if (!shard) return std::unexpected(shard.error());
  room->shard_ = std::move(*shard);
  room->library_ = std::make_unique<Library>(policies, knowledge, *room->shard_, room->loop_, room->clock_.system,
                                             models / "minilm");
  room->router_ = std::make_unique<orchestrator::Router>(*room->shard_, room->clock_, room->metrics_);
  if (only) room->library_->use_only(std::move(*only));
  room->library_->poll();
  while (!room->library_->settled()) room->loop_.context().run_one();
  if (room->library_->problems().empty()) return room;
  std::string all;
  for (auto const& problem : room->library_->problems()) all += (all.empty() ? "" : "\n") + problem.text();
  return fail("bad_policies", all);
}

CallReplay::CallReplay(CallReplayRoom& room, CallInfo info, guidance::GuidanceOptions options, bool explains)
    : room_(room), info_(std::move(info)), guide_(info_, in_force(), options, explains) {}

InForce CallReplay::in_force() const {
  return {room_.library_->policies(info_.tenant, info_.team, info_.agent), room_.library_->knowledge(info_.tenant)};
}

void CallReplay::hand_over(std::string agent, std::string team) {
  info_.agent = std::move(agent);
  info_.team = std::move(team);
  guide_.use(info_, in_force());
}

void CallReplay::take(std::vector<Happened>& out) {
  for (auto& body : guide_.take()) out.push_back({now_ms_, std::move(body)});
}

std::vector<Happened> CallReplay::pass(std::int64_t until_ms) {
  std::vector<Happened> out;
  for (; now_ms_ < until_ms; now_ms_ += kStepMs) {
    guide_.on_time(now_ms_, std::max<std::int64_t>(0, now_ms_ - spoken_until_ms_), at(now_ms_));
    take(out);
  }
  return out;
}

std::vector<Happened> CallReplay::say(Utterance const& utterance) {
  spoken_until_ms_ = std::max(spoken_until_ms_, utterance.end_ms);
  auto out = pass(utterance.end_ms + kHeardAfterMs);
  auto graph = guide_.on_words(utterance, ++number_, room_.clock_.system.now() + kPatience);
  if (!graph) return out;
  bool done = false;
  room_.router_->run(std::move(*graph),
                     {room_.library_->knowledge(info_.tenant), room_.library_->intents(info_.tenant)},
                     [&](InferenceGraph const& asked, NodeResults const& results) {
                       done = true;
                       guide_.on_results(asked, results, {.spoken = at(asked.utterance.end_ms)}, at(now_ms_));
                     });
  while (!done) room_.loop_.context().run_one();
  take(out);
  return out;
}

std::vector<Happened> CallReplay::say(Track speaker, std::string const& text, std::int64_t at_ms) {
  Hypothesis said{.track = speaker, .final = true, .text = text};
  auto end_ms = at_ms;
  std::istringstream in(text);
  for (std::string word; in >> word; end_ms += kWordMs) said.words.push_back({word, end_ms, end_ms + kWordMs});
  gate_.on_final(std::move(said), at(at_ms));
  gate_.settle(speaker);  // a line is whole: nothing waits for the next one
  std::vector<Happened> out;
  while (auto const passed = gate_.take(speaker, at(end_ms))) {
    auto const& heard = *std::get<transcript::PrivacyGate::Safe>(*passed);
    out = say({.call = info_.id,
               .track = speaker,
               .n = count_[index(speaker)]++,
               .start_ms = at_ms,
               .end_ms = end_ms,
               .text = heard.text,
               .words = heard.words,
               .entities = mentions_.of_final(heard, heard.words, speaker)});
  }
  return out;
}

}  // namespace sotto::app

#include "live/eager_guide.h"

#include <algorithm>

namespace sotto {

namespace {
// After a voice went on: its next words decide, but no longer than this.
constexpr Duration kWithdrawnWithin = 1s;

// Of the same utterance.
bool same_questions(InferenceGraph const& a, InferenceGraph const& b) {
  return a.utterance.id() == b.utterance.id() && a.texts == b.texts && a.questions == b.questions &&
         a.articles == b.articles && a.before == b.before && a.team == b.team && a.units == b.units &&
         a.wants_intents == b.wants_intents;
}
}  // namespace

std::optional<InferenceGraph> EagerGuide::on_words(CallGuide const& guide, Utterance const& words, Time deadline) {
  auto& asked = asked_[index(words.track)];
  asked.reset();
  auto copy = std::make_shared<CallGuide>(guide);
  copy->take();
  auto graph = copy->on_words(words, 0, deadline);
  if (graph) asked = Asked{.guide = std::move(copy), .graph = *graph};
  return graph;
}

void EagerGuide::on_results(InferenceGraph const& graph, NodeResults const& results, Time spoken, Time now) {
  auto& asked = asked_[index(graph.utterance.track)];
  if (!asked || results.failed || !same_questions(asked->graph, graph)) return;
  asked->results = results;
  auto const guide = std::exchange(asked->guide, nullptr);
  if (!guide) return;
  guide->on_results(graph, results, {.spoken = spoken}, now);
  for (auto& body : guide->take()) {
    auto* cue = std::get_if<Cue>(&body);
    if (!cue || cue->match != "strong") continue;
    auto const known = std::ranges::find(expected_, cue->id, [](Expected const& one) { return one.cue.id; });
    if (known != expected_.end()) {
      known->until.reset();
      continue;
    }
    expected_.push_back({.cue = *cue});
    out_.push_back({.cue = std::move(*cue)});
  }
}

void EagerGuide::on_resumed(std::string const& utterance, Time now) {
  for (auto& expected : expected_) {
    if (expected.cue.utterance == utterance && !expected.until) expected.until = now + kWithdrawnWithin;
  }
}

std::optional<NodeResults> EagerGuide::answers(InferenceGraph const& graph, Time now) {
  auto& asked = asked_[index(graph.utterance.track)];
  if (!asked || !asked->results || graph.utterance.revision > 0 || !same_questions(asked->graph, graph)) return {};
  auto results = std::exchange(asked, std::nullopt)->results;
  results->asked = results->started = results->answered = now;
  return results;
}

void EagerGuide::on_told(std::span<EventBody const> told) {
  for (auto const& body : told) {
    auto const* cue = std::get_if<Cue>(&body);
    if (cue) std::erase_if(expected_, [&](Expected const& one) { return one.cue.id == cue->id; });
  }
}

void EagerGuide::on_decided(std::string const& utterance) {
  for (auto at = expected_.size(); at-- > 0;) {
    if (expected_[at].cue.utterance == utterance) withdraw(at);
  }
}

void EagerGuide::tick(Time now) {
  for (auto at = expected_.size(); at-- > 0;) {
    if (expected_[at].until && now >= *expected_[at].until) withdraw(at);
  }
}

void EagerGuide::withdraw(std::size_t at) {
  out_.push_back({.cue = std::move(expected_[at].cue), .withdrawn = true});
  expected_.erase(expected_.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace sotto

// What the guide of a call would say of words that are not committed yet: a speaker has probably finished, and the
// final comes a few hundred milliseconds later. The models are asked once, ahead of it; a cue whose evidence is strong
// is shown ahead of it too, and taken away quietly where the final does not bring it. Nothing of this is stored, and
// the guide itself hears of committed words alone: what it does is the same with and without. Sans-I/O: values and
// `now` in, take() gives what is to be told. Confined to the thread that owns the call.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "call/events.h"
#include "live/guide.h"

namespace sotto {

class EagerGuide {
 public:
  // Words as they stand; `guide` as it stands. The graph to run, where a rule could care.
  std::optional<InferenceGraph> on_words(CallGuide const& guide, Utterance const& words, Time deadline);
  // Of the graph that was given last for this utterance; of an older one nothing comes.
  void on_results(InferenceGraph const& graph, NodeResults const& results, Time spoken, Time now);
  // The voice went on.
  void on_resumed(std::string const& utterance, Time now);

  // Words are committed: what the models said of exactly these questions, where they were asked.
  std::optional<NodeResults> answers(InferenceGraph const& graph, Time now);
  // What the guide told: a cue that was expected is no news.
  void on_told(std::span<EventBody const> told);
  // Committed words have had their effect: what was expected of them and did not come is taken away.
  void on_decided(std::string const& utterance);
  void tick(Time now);

  std::vector<CueExpected> take() { return std::exchange(out_, {}); }

 private:
  struct Asked {
    std::shared_ptr<CallGuide> guide;  // a copy, which hears the words as if they were committed
    InferenceGraph graph;
    std::optional<NodeResults> results = std::nullopt;
  };
  struct Expected {
    Cue cue;
    std::optional<Time> until = std::nullopt;  // the voice went on
  };
  void withdraw(std::size_t at);

  PerTrack<std::optional<Asked>> asked_;  // the newest words of each track
  std::vector<Expected> expected_;        // told, and neither come nor taken away
  std::vector<CueExpected> out_;
};

}  // namespace sotto

// Which recogniser hears a tenant's calls: a chain of engines, the best first. A stream goes to the first engine that
// is trusted. An engine that loses a stream is out of favour: it is left for the next, tried again with exponential
// back-off and jitter, by one track in the shadow (what it says is not used), and taken back when it proves itself. One
// that refuses (a wrong key, a wrong parameter) is tried again only after limits::kRefusedRetry. With no engine left
// that is trusted, the one whose back-off ends first is used directly: some words are better than none.
// Shared by all calls of a tenant; confined to their loop. Pure state: the streams themselves are opened by whoever
// owns the recognisers (gateway/engines.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sotto::speech {

class EngineChain {
 public:
  // The names of its engines, at least one. `seed`: of the jitter.
  explicit EngineChain(std::vector<std::string> engines, std::uint64_t seed = 1);

  std::size_t size() const { return states_.size(); }
  std::string const& name(std::size_t engine) const { return states_[engine].name; }
  // It can serve streams at all (Recognizer::up); it can until this says otherwise.
  void serves(std::size_t engine, bool up) { states_[engine].up = up; }
  // It hears less well than it could (Recognizer::reduced).
  void reduced(std::size_t engine, bool less) { states_[engine].reduced = less; }
  bool reduced(std::size_t engine) const { return states_[engine].reduced; }

  // Where a new stream goes; nullopt: nowhere before retry_at().
  std::optional<std::size_t> best(Time now) const;
  Time retry_at() const;
  bool trusted(std::size_t engine) const { return states_[engine].trusted; }
  bool serves(std::size_t engine) const { return states_[engine].up; }
  // Some engine is trusted, or failed so little ago that it may be back at once.
  bool up(Time now) const;

  // An engine better than `current` that may be tried in the shadow; the caller has it until proved(), failed() or
  // released().
  std::optional<std::size_t> claim_probe(std::size_t current, Time now);
  void released(std::size_t engine) { states_[engine].probed = false; }

  // A backlog was fed again, which took so long. Without a trusted engine the next waits ten times that: calls that all
  // try again and again must not eat the loop.
  void replayed(Duration took, Time now) { rest_until_ = now + 10 * took; }

  // `opened`: when the stream that was lost was opened.
  void failed(std::size_t engine, bool refused, Time opened, Time now);
  // It said something: in use, or long enough in the shadow.
  void proved(std::size_t engine);

 private:
  struct State {
    std::string name;
    bool up = true;
    bool reduced = false;
    bool trusted = true;
    bool probed = false;
    int failures = 0;  // in a row
    Time failing_since{};
    Time failed_at{};
    Time retry_at{};
  };
  double jitter();

  std::vector<State> states_;
  std::uint64_t random_;
  Time rest_until_{};
};

}  // namespace sotto::speech

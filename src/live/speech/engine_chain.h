// Which recogniser hears a tenant's calls: a chain of engines, the best first. A stream goes to the first engine that
// is trusted. An engine that loses a stream is out of favour: it is left for the next, tried again with exponential
// back-off and jitter, by one track in the shadow (what it says is not used), and taken back when it proves itself. One
// that refuses (a wrong key, a wrong parameter) is tried again only after limits::refused_retry. With no engine left
// that is trusted, the one whose back-off ends first is used directly: some words are better than none.
// Shared by all calls of a tenant; confined to their loop. Time comes from outside.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ports/recognizer.h"

namespace sotto::speech {

class EngineChain {
 public:
  struct Engine {
    std::string name;
    Recognizer* recognizer = nullptr;  // outlives the chain
  };
  // At least one. `seed`: of the jitter.
  explicit EngineChain(std::vector<Engine> engines, std::uint64_t seed = 1);

  std::size_t size() const { return states_.size(); }
  std::string const& name(std::size_t engine) const { return states_[engine].engine.name; }
  Recognizer& recognizer(std::size_t engine) const { return *states_[engine].engine.recognizer; }

  // Where a new stream goes; nullopt: nowhere before retry_at().
  std::optional<std::size_t> best(Time now) const;
  Time retry_at() const;
  bool trusted(std::size_t engine) const { return states_[engine].trusted; }
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
    Engine engine;
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

// The chains of a server: one for every tenant that has its own, one for the others.
class Engines {
 public:
  // All tenants: this engine alone.
  explicit Engines(Recognizer& only, std::string name = "local") : default_({{std::move(name), &only}}) {}
  Engines(EngineChain others, std::map<std::string, EngineChain> tenants)
      : default_(std::move(others)), tenants_(std::move(tenants)) {}

  EngineChain& chain(std::string const& tenant) {
    auto const found = tenants_.find(tenant);
    return found == tenants_.end() ? default_ : found->second;
  }
  // For every chain.
  template <typename Visit>
  void each(Visit visit) const {
    visit("", default_);
    for (auto const& [tenant, chain] : tenants_) visit(tenant, chain);
  }

 private:
  EngineChain default_;
  std::map<std::string, EngineChain> tenants_;
};

}  // namespace sotto::speech

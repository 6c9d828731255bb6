#include "live/speech/engine_chain.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::speech {

EngineChain::EngineChain(std::vector<std::string> engines, std::uint64_t seed) : random_(seed) {
  CHECK(!engines.empty());
  for (auto& name : engines) states_.push_back({.name = std::move(name)});
}

std::optional<std::size_t> EngineChain::best(Time now) const {
  for (std::size_t engine = 0; engine < states_.size(); ++engine) {
    if (states_[engine].trusted && states_[engine].up) return engine;
  }
  for (std::size_t engine = 0; engine < states_.size(); ++engine) {
    if (now >= std::max(states_[engine].retry_at, rest_until_) && states_[engine].up) return engine;
  }
  return std::nullopt;
}

bool EngineChain::up(Time now) const {
  return std::ranges::any_of(states_, [&](State const& state) {
    return state.up && (state.trusted || now - state.failing_since < limits::kEngineGrace);
  });
}

Time EngineChain::retry_at() const { return std::ranges::min_element(states_, {}, &State::retry_at)->retry_at; }

std::optional<std::size_t> EngineChain::claim_probe(std::size_t current, Time now) {
  for (std::size_t engine = 0; engine < current; ++engine) {
    auto& state = states_[engine];
    if (state.trusted || state.probed || now < state.retry_at || !state.up) continue;
    state.probed = true;
    return engine;
  }
  return std::nullopt;
}

void EngineChain::failed(std::size_t engine, bool refused, Time opened, Time now) {
  auto& state = states_[engine];
  if (state.trusted) state.failing_since = now;
  state.trusted = false;
  state.probed = false;
  // Many streams of one engine die together, or one after the other: that is one failure.
  if (now < state.retry_at || opened < state.failed_at) return;
  state.failed_at = now;
  auto const back_off = limits::kRecogniserRetryMin * (1 << std::min(state.failures++, 6));
  auto const wait =
      refused ? Duration(limits::kRefusedRetry) : std::min<Duration>(back_off, limits::kRecogniserRetryMax);
  // An attempt that hung has waited already.
  bool const again = state.failures > 1 && !refused;
  auto const waited = again ? std::min(now - opened, wait) : Duration(0);
  auto const rest = static_cast<double>(wait.count()) * jitter() - static_cast<double>(waited.count());
  state.retry_at = now + Duration(std::max<std::int64_t>(0, static_cast<std::int64_t>(rest)));
}

void EngineChain::proved(std::size_t engine) {
  auto& state = states_[engine];
  state.trusted = true;
  state.probed = false;
  state.failures = 0;
}

// Between 0.8 and 1.2 (xorshift64*; S. Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2014).
double EngineChain::jitter() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return 0.8 + 0.4 * static_cast<double>((random_ * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
}

}  // namespace sotto::speech

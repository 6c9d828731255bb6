// How long it takes: rounds of one call with one fault each, from a seed, in virtual time. Everybody talks all the
// time, so there is always a word that is waited for.
#pragma once

#include <optional>

#include "recovery/recovery_world.h"
#include "recovery/simulated_provider.h"

namespace sotto::recovery {

// The only engine is gone for `gone`, then back.
struct OutageRound {
  Duration live{};       // from the return until words of after the return are told of both people
  Duration backlog{};    // from the return until all words of before it are told, none provisional
  Duration waiting{};    // audio that was undecided at the return
  std::string captions;  // as told at the end of the outage
  int attempts = 0;      // connections opened while it was gone
  Verdict verdict;
};
OutageRound run_outage(Duration gone, Door door, std::uint64_t seed);

// The first of two engines dies, and comes back.
struct FailoverRound {
  Duration words{};                  // from the fault until words of after it are told of the track it struck
  Duration honest{};                 // from the fault until the page says anything but "live"
  std::optional<Duration> returned;  // from the first engine's return until it is used again by both
  Verdict verdict;
};
enum class Death { reset, refused, black_hole, mute };
FailoverRound run_failover(Death death, std::uint64_t seed);

// The only engine fails for 10 s in some way; how soon the page says so.
Duration run_honest(Death death, std::uint64_t seed);

}  // namespace sotto::recovery

// One call under faults of one kind, or of any, from a seed.
#pragma once

#include <map>
#include <vector>

#include "recovery/recovery_world.h"
#include "recovery/simulated_provider.h"

namespace sotto::recovery {

struct Scenario {
  std::vector<Fault> faults;  // chance takes one each time
  int strikes = 20;
  Duration every_min = 500ms, every_max = 4s;
  bool ragged = false;        // the provider cuts in the middle of frames
  bool coarse_times = false;  // its times are rounded to hundredths
  bool pauses = false;        // the source pauses now and then, and packets are lost
  bool storm = false;         // a fault at once after the last one struck
};

struct Outcome {
  Verdict verdict;
  int struck = 0;
  Duration slowest{};  // from the strike until words spoken after it were told, where somebody spoke
  void add(Outcome const& other);
};

Outcome run(Scenario const& scenario, std::uint64_t seed);
// Chance chooses all of it.
Scenario any_scenario(std::uint64_t seed);

}  // namespace sotto::recovery

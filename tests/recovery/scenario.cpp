#include "recovery/scenario.h"

#include <algorithm>

namespace sotto::recovery {

namespace {

// How long after a strike words that were spoken after it are told.
class Stopwatch {
 public:
  Stopwatch(RecoveryWorld& world, SimulatedProvider& provider) : world_(world), provider_(provider) {}

  void step() {
    if (provider_.struck() != struck_) {
      struck_ = provider_.struck();
      // A call that has not recovered from the last strike recovers from both.
      if (!waiting_) waiting_ = Waiting{provider_.struck_at(), world_.frames(), {}};
    }
    if (!waiting_) return;
    bool recovered = true;
    for (auto const track : {Track::customer, Track::agent}) {
      auto& first = waiting_->first[index(track)];
      if (!first && world_.voiced(track, world_.frames() - 1)) first = world_.frames() - 1;
      recovered = recovered && first && world_.seen(track) >= *first;
    }
    if (recovered) {
      // The waiting begins with the first word after the strike, of the person who was silent longer.
      auto const spoken = std::max(*waiting_->first[0], *waiting_->first[1]) - waiting_->frame;
      slowest_ = std::max(slowest_, world_.now() - waiting_->at - Duration(20ms) * std::max<std::int64_t>(0, spoken));
      waiting_.reset();
    }
  }
  Duration slowest() const { return slowest_; }

 private:
  struct Waiting {
    Time at;
    std::int64_t frame = 0;
    std::array<std::optional<std::int64_t>, 2> first;  // frame spoken since
  };
  RecoveryWorld& world_;
  SimulatedProvider& provider_;
  int struck_ = 0;
  std::optional<Waiting> waiting_;
  Duration slowest_{};
};

}  // namespace

void Outcome::add(Outcome const& other) {
  verdict.add(other.verdict);
  struck += other.struck;
  slowest = std::max(slowest, other.slowest);
}

Outcome run(Scenario const& scenario, std::uint64_t seed) {
  Random random(seed);
  RecoveryWorld world(random.seed());
  ProviderOptions options{.reader = {.ragged = scenario.ragged}, .coarse_times = scenario.coarse_times};
  SimulatedProvider provider(options, world.executor, world.clock, random.seed());
  world.add_engine("cloud", provider, [&] { provider.step(); });
  world.begin();
  Stopwatch watch(world, provider);
  auto const speak = [&](Duration time) {
    world.speak(time / 100'000 * 100'000, RecoveryWorld::Talk::by_chance, [&] { watch.step(); });
  };
  // A fault that was armed may find no byte to strike at: its connection is gone, or nobody speaks.
  for (int tries = 0; provider.struck() < scenario.strikes && tries < scenario.strikes * 4; ++tries) {
    auto const fault = scenario.faults[static_cast<std::size_t>(random.below(std::ssize(scenario.faults)))];
    provider.inject(fault);
    auto const before = provider.struck();
    auto const wait = Duration(random.between(scenario.every_min.count(), scenario.every_max.count()));
    for (auto left = wait; left > Duration(0) && !(scenario.storm && provider.struck() > before); left -= 100ms) {
      speak(100ms);
    }
    if (!scenario.pauses) continue;
    if (random.chance(10)) {
      world.pause();
      if (random.chance(50)) provider.inject(Fault::restart);
      world.pass(Duration(random.between(0, 4000)) * 1000);
      world.speak(Duration(random.between(1, 40)) * 100'000, RecoveryWorld::Talk::never);
      world.resume();
    }
    if (random.chance(5)) world.drop(Duration(random.between(1, 20)) * 100'000);
  }
  speak(Duration(random.between(0, 6000)) * 1000);
  world.hang_up();
  return {world.judge(), provider.struck(), watch.slowest()};
}

Scenario any_scenario(std::uint64_t seed) {
  Random random(seed);
  Scenario scenario;
  for (auto const fault : kAllFaults) {
    // What is never said cannot be heard: gaps have scenarios of their own.
    if (fault != Fault::skip && random.chance(40)) scenario.faults.push_back(fault);
  }
  if (scenario.faults.empty()) scenario.faults.push_back(Fault::reset);
  scenario.every_min = Duration(random.between(0, 1'000'000));
  scenario.every_max = scenario.every_min + Duration(random.between(100'000, 6'000'000));
  scenario.ragged = random.chance(50);
  scenario.coarse_times = !scenario.ragged && random.chance(30);
  scenario.pauses = random.chance(50);
  scenario.storm = random.chance(20);
  return scenario;
}

}  // namespace sotto::recovery

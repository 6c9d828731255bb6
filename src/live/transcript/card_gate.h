// Stage 4, transcript: the gate through which every word goes on. Card numbers and their codes are masked in finals,
// partials and corrections (text::CardGuard); a final whose digits may go on is held, and with it what its track says
// after it, at most limits::card_hold. What is held is not decided: it is neither stored nor acknowledged, and a crash
// brings it again. Pure state of one call, confined to its loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/redacted.h"
#include "call/hypothesis.h"
#include "text/card_guard.h"

namespace sotto::transcript {

class CardGate {
 public:
  using Safe = Redacted<Hypothesis, CardGate>;
  struct Silence {
    std::int64_t from = 0, to = 0;
  };
  using Passed = std::variant<Safe, Silence>;

  void on_final(Hypothesis hypothesis, Time now);
  void on_silence(Track track, std::int64_t from, std::int64_t to);
  // What of the track may go on now, in its order; call until there is nothing.
  std::optional<Passed> take(Track track, Time now);
  // Nothing follows for now (a pause, the end): what is held goes on with the next take().
  void settle(Track track);

  // A partial as it may be shown.
  Safe partial(Hypothesis hypothesis) const;
  // A correction of what has gone on; where its final is still held it follows that one (take()).
  std::optional<Safe> revised(Hypothesis hypothesis);

  bool holds(Track track) const { return !held_[index(track)].empty(); }
  // The end of what is held; `decided` where nothing is.
  std::int64_t heard_to(Track track, std::int64_t decided) const;

 private:
  struct Held {
    std::optional<Hypothesis> hypothesis;  // else silence
    Silence silence;
  };

  static std::vector<text::HeardWord> words_of(Hypothesis const& hypothesis);
  Safe look(Hypothesis hypothesis, bool partial) const;
  static Safe masked(Hypothesis hypothesis, text::GuardedWords words);

  text::CardGuard guard_;
  std::array<std::deque<Held>, 2> held_;
};

}  // namespace sotto::transcript

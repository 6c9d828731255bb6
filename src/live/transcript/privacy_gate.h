// Stage 4, transcript: the gate through which every word goes on. Card numbers and their codes (language::CardGuard),
// account numbers, IBANs and identity numbers (language::PrivateGuard) are masked in finals, partials and corrections.
// A final whose digits may go on as a card is held, and with it what its track says after it, at most
// limits::kCardHold. What is held is not decided: it is neither stored nor acknowledged, and a crash brings it again.
// Pure state of one call, confined to its loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/redacted.h"
#include "call/hypothesis.h"
#include "call/utterance.h"
#include "language/privacy/card_guard.h"
#include "language/privacy/late_cards.h"
#include "language/privacy/masked.h"
#include "language/privacy/private_guard.h"

namespace sotto::transcript {

// Which kinds of numbers are hidden beside cards, for each tenant.
struct Masking {
  std::map<std::string, language::MaskedKinds> tenants;
  language::MaskedKinds others;  // of tenants that are not named

  language::MaskedKinds of(std::string const& tenant) const {
    auto const found = tenants.find(tenant);
    return found == tenants.end() ? others : found->second;
  }
};

class PrivacyGate {
 public:
  using Safe = Redacted<Hypothesis, PrivacyGate>;
  struct Silence {
    std::int64_t from = 0, to = 0;
  };
  using Passed = std::variant<Safe, Silence>;
  // Words that went on and should not have: in what was said on the track up to `to`, where it went on.
  struct Late {
    Track track = Track::customer;
    std::int64_t to = 0;
    std::vector<std::size_t> words;  // as the recogniser gave them
    std::vector<std::string> runs;   // the same as they were said, those that stand together in one
  };

  explicit PrivacyGate(language::MaskedKinds kinds = {}) : private_(kinds) {}

  void on_final(Hypothesis hypothesis, Time now);
  void on_silence(Track track, std::int64_t from, std::int64_t to);
  // What of the track may go on now, in its order; call until there is nothing.
  std::optional<Passed> take(Track track, Time now);
  // After a restart, of each final that was stored, in order: what it asked for is known again.
  void recall(Utterance const& utterance);
  // Nothing follows for now (a pause, the end): what is held goes on with the next take().
  void settle(Track track);

  // A partial as it may be shown.
  Safe partial(Hypothesis hypothesis) const;
  // A correction of what has gone on; where its final is still held it follows that one (take()).
  std::optional<Safe> revised(Hypothesis hypothesis);

  bool holds(Track track) const { return !held_[index(track)].empty(); }
  // What of finals that have gone on turned out to be of a card, since the last call.
  std::vector<Late> take_late();
  // The end of what is held; `decided` where nothing is.
  std::int64_t heard_to(Track track, std::int64_t decided) const;

 private:
  struct Held {
    std::optional<Hypothesis> hypothesis;  // else silence
    Silence silence;
    std::vector<language::MaskedNumber> hidden = {};  // of it beside cards
  };

  static std::vector<language::HeardWord> words_of(Hypothesis const& hypothesis);
  Safe look(Hypothesis hypothesis, bool partial) const;
  static Safe masked(Hypothesis hypothesis, language::GuardedWords words);
  void learn();

  language::CardGuard guard_;
  language::PrivateGuard private_;
  language::LateCards late_;
  PerTrack<std::deque<Held>> held_;
};

}  // namespace sotto::transcript

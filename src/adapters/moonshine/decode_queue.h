// What the speech model decodes next, over all tracks. Pure: `now` comes from outside, the owner guards it. Texts
// that decide something (finals, and drafts of a pause that become finals) go first, by deadline; partials get what
// is left. Under load partials are stretched first (stretch() tells the segmenters to ask less often) and dropped
// when they come too late to be of use; finals never. Bounded by the tracks: each has at most one partial and one
// pause draft waiting.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/moonshine/keyterms.h"
#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/tokens.h"
#include "base/clock.h"

namespace sotto {

enum class DecodeKind { deciding, partial, second_reading };

struct DecodeJob {
  std::uint64_t track = 0;
  std::uint64_t ticket = 0;  // unique in its track
  DecodeKind kind = DecodeKind::partial;
  Time deadline;  // later a partial is dropped, and a second reading answered without words
  Time queued_at;
  std::vector<float> audio;
  std::vector<Token> known;  // an earlier hypothesis of the same segment
  // The audio begins with the segment before and what lies between: so many samples, in which these tokens were said.
  std::size_t context = 0;
  std::vector<Token> said;
  bool carefully = false;  // what it says is final: more may be done for it
  // It was decoded before, if not so carefully: where there is no time for it, that stands. And what was encoded then.
  bool again = false;
  std::shared_ptr<EncodedSound const> sound;
  std::string other;  // what another model made of the same sound behind the context, or of its beginning
  std::shared_ptr<Keyterms const> keyterms;  // null: none
};

class DecodeQueue {
 public:
  void push(DecodeJob job);
  std::optional<DecodeJob> pop(Time now);
  // Not wanted any more: newer audio of the track replaces it. Harmless when it is not waiting.
  void cancel(std::uint64_t track, std::uint64_t ticket);
  void cancel_track(std::uint64_t track);

  // 1 when partials are decoded at once, up to kStretchMost when they wait.
  double stretch() const;
  // Partials hardly wait: more may be done for a final.
  bool has_room() const;
  // Whether to leave out a job that was decoded before (`again`): there is no room, or it would come late, as long as
  // such jobs take now.
  bool skips(DecodeJob const& job, Time now);
  void note_again(Duration took);
  std::size_t size() const { return jobs_.size(); }
  std::uint64_t partials_dropped() const { return partials_dropped_; }

 private:
  void observe_wait(Duration wait);

  std::vector<DecodeJob> jobs_;
  double partial_wait_ms_ = 0;  // moving average
  double again_ms_ = 0;         // the same
  std::uint64_t partials_dropped_ = 0;
};

}  // namespace sotto

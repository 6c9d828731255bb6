// Stage 3, speech: the frames of one track go to a recogniser, hypotheses come back in source samples, in order.
// A pause or a hole ends one stream and begins another; what the later stream says is held until the earlier has
// finished. When a stream is lost it is re-opened with back-off and fed again from the ring, from the first undecided
// sample. Bound: the recogniser's own decode queue (partials are stretched, then dropped; finals never). Confined to
// the call's loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "call/hypothesis.h"
#include "ports/recognizer.h"

namespace sotto::speech {

struct SampleRange {
  std::int64_t from = 0, to = 0;
};
using Heard = std::variant<Hypothesis, SampleRange /* silence */>;

class SpeechTrack {
 public:
  // `heard` is called on the call's loop, in sample order of what is decided. `recognizer` outlives this.
  SpeechTrack(Recognizer& recognizer, Track track, int rate, Clock const& clock, std::function<void(Heard)> heard);

  // `from`: 16 kHz position. `source_to`: source samples received when the frame was made.
  void push(std::int64_t from, std::int64_t source_to, std::span<float const> samples, Time arrived, Time now);
  // What was pushed is decided as it is; the next push begins anew. `source_at`: the exact end in source samples.
  void stop(std::int64_t source_at);

  // Everything pushed and stopped has been decided.
  bool idle() const { return streams_.empty(); }
  // The stream died: call restart() with the ring's frames once `now` has passed retry_at().
  bool lost() const { return lost_; }
  Time retry_at() const { return retry_at_; }
  // Begins again; the caller pushes the ring's frames and stops where it stopped before.
  void restart();
  // How far the recogniser has spoken (decided or partial), in source samples.
  std::int64_t spoken_to() const { return spoken_to_; }
  // Stamps below `decided` are no longer needed.
  void forget(std::int64_t decided);
  std::size_t stamps() const { return stamps_.size(); }

 private:
  struct Stream {
    std::unique_ptr<RecognizerStream> stream;
    std::vector<SpeechEvent> held;
    bool stopped = false;
    std::uint64_t id = 0;
  };
  struct Stamp {
    std::int64_t source_to = 0;
    Time arrived, pushed;
  };

  void on_event(std::uint64_t stream, SpeechEvent event);
  void deliver(SpeechEvent event);
  void on_lost();
  std::int64_t to_source(std::int64_t frame) const;
  Hypothesis hypothesis(std::int64_t from, std::int64_t to, std::string text,
                        std::vector<RecognizedWord> const& words) const;
  Stamp stamp_of(std::int64_t source_sample) const;

  // Given.
  Recognizer& recognizer_;
  Track const track_;
  int const rate_;
  Clock const& clock_;
  std::function<void(Heard)> const heard_;
  // State.
  std::deque<Stream> streams_;  // only the front's events are delivered
  std::uint64_t next_id_ = 1;
  std::set<std::int64_t> stops_;  // exact ends in source samples, not yet decided
  std::deque<Stamp> stamps_;
  std::int64_t spoken_to_ = 0;
  bool lost_ = false;
  int losses_ = 0;  // in a row, without anything decided between them
  Time retry_at_{};
};

}  // namespace sotto::speech

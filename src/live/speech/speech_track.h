// Stage 3, speech: the frames of one track go to a recogniser, hypotheses come back in source samples, in order.
// A pause or a hole ends one stream and begins another; what the later stream says is held until the earlier has
// finished. When a stream is lost, the next engine of the chain (or the same after its back-off) is fed again from the
// ring, from the first undecided sample; where much waits, live audio gets a stream of its own at once, whose words are
// shown as provisional partials until the backlog before them is decided. A better engine that comes back is heard in
// the shadow first and taken back between two utterances. Where the track carries both parties, each final is told as
// the parts of its speakers (speech::Speakers). Bound: the recogniser's own decode queue (partials are
// stretched, then dropped; finals never). Sans-I/O: what is to be done with streams, and what was heard, is taken.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "call/hypothesis.h"
#include "call/speech_event.h"
#include "live/speech/engine_chain.h"
#include "live/speech/speakers.h"

namespace sotto::speech {

struct SampleRange {
  std::int64_t from = 0, to = 0;
};
// Frames in a row.
struct Piece {
  std::int64_t from = 0;  // 16 kHz
  std::vector<float> samples;
};
using Heard = std::variant<Hypothesis, SampleRange /* silence */>;

// A stream of this track; never used twice in a call's life.
struct StreamId {
  Track track = Track::customer;
  std::uint64_t n = 0;

  auto operator<=>(StreamId const&) const = default;
};
// What is to be done with the streams of recognisers (ports/recognizer.h), in order.
struct OpenStream {
  StreamId stream;
  std::size_t engine = 0;  // of the chain
  bool mixed = false;      // both parties speak on it
};
struct PushAudio {
  StreamId stream;
  std::int64_t from = 0;  // 16 kHz
  std::vector<float> samples;
};
struct FinishStream {
  StreamId stream;
};
struct DropStream {
  StreamId stream;
};
using StreamEffect = std::variant<OpenStream, PushAudio, FinishStream, DropStream>;

class SpeechTrack {
 public:
  // `engines` outlives this. `mono`: the track carries both parties.
  SpeechTrack(EngineChain& engines, Track track, int rate, bool mono = false);

  // `from`: 16 kHz position. `source_to`: source samples received when the frame was made.
  void push(std::int64_t from, std::int64_t source_to, std::vector<float> samples, Time arrived, Time now);
  // What was pushed is decided as it is; the next push begins anew. `source_at`: the exact end in source samples.
  void stop(std::int64_t source_at);
  // As stop(), in the middle of gapless audio: what comes next does not wait for what was pushed before.
  void split();

  // What a stream says.
  void on(StreamId stream, SpeechEvent event, Time now);

  // A backlog up to `until` (16 kHz) follows in slices: what is pushed from now on is live and waits for it.
  void await_backlog(std::int64_t until);
  // What was given before is decided: the next slice is due, up to here.
  std::optional<std::int64_t> backlog_due() const;
  // The next slice. `more`: it does not reach the end of the backlog.
  void feed_backlog(std::vector<Piece> slice, bool more, Time now);

  // What there is to do, and what was heard, in sample order of what is decided, since they were last taken.
  std::vector<StreamEffect> take_effects() { return std::exchange(effects_, {}); }
  std::vector<Heard> take_heard() { return std::exchange(heard_, {}); }

  // Everything pushed and stopped has been decided.
  bool idle() const { return streams_.empty(); }
  // The stream died: call restart() with the ring's frames as soon as can_restart().
  bool lost() const { return lost_; }
  bool can_restart(Time now) const { return lost_ && engines_.best(now).has_value(); }
  // Begins again; the caller pushes the ring's frames and stops where it stopped before.
  void restart();
  // A stand-by engine hears this track, or one that hears less well for now, or live words stand behind a backlog that
  // still waits for its own.
  bool degraded() const {
    return engine_ > 0 || engines_.reduced(engine_) || (streams_.size() > 1 && streams_.front().backlog);
  }
  std::string const& engine() const { return engines_.name(engine_); }
  // How far the recogniser has spoken (decided or partial), in source samples.
  std::int64_t spoken_to() const { return spoken_to_; }
  // Stamps below `decided` are no longer needed.
  void forget(std::int64_t decided);
  std::size_t stamps() const { return stamps_.size(); }

 private:
  struct Stream {
    std::vector<SpeechEvent> held;
    bool stopped = false;
    bool backlog = false;                                      // was split off: later streams are live
    std::optional<std::int64_t> backlog_until = std::nullopt;  // no stream: the place of slices that are still to come
    std::uint64_t id = 0;                                      // 0: no stream
    std::size_t engine = 0;
    Time opened{};
  };
  // Its claim on the engine ends with it, also with the call: else nobody would ever try that engine again.
  struct Shadow {
    Shadow(EngineChain& of, std::size_t probed, std::uint64_t stream, Time now)
        : engines(of), engine(probed), id(stream), opened(now) {}
    ~Shadow() { engines.released(engine); }
    Shadow(Shadow const&) = delete;
    Shadow& operator=(Shadow const&) = delete;

    EngineChain& engines;
    std::size_t engine;
    std::uint64_t id;
    Time opened;
    std::optional<std::int64_t> from;  // 16 kHz, where it began to hear
  };
  struct Part {  // of a final, as it was told
    std::int64_t id = 0;
    SampleRange final, part;  // 16 kHz
    SampleRange source;
  };
  struct Stamp {
    std::int64_t source_to = 0;
    Time arrived, pushed;
  };

  void deliver(SpeechEvent event, Time now);
  void deliver_final(SpeechFinal const& final, Time now);
  void deliver_revised(SpeechRevised const& revised, Time now);
  void tell_final(std::optional<FinalReason> reason, std::int64_t speech_end, Hypothesis out);
  void tell_parts(SpeechFinal final, Time now);
  void guess_speaker(SpeechPartial const& partial, Hypothesis& out) const;
  void show_provisional(Stream const& stream, SpeechPartial const& partial, Time now);
  void on_lost(std::size_t engine, Time opened, SpeechLost const& lost, Time now);
  void open_stream(Time now);
  void drop_first();
  void drop_all();
  void drop_shadow();
  StreamId name_of(std::uint64_t id) const { return {track_, id}; }
  void maybe_return(std::int64_t from, std::span<float const> samples, Time now);
  void feed_shadow(std::int64_t from, std::span<float const> samples, Time now);
  void on_shadow(SpeechEvent const& event, Time now);
  std::int64_t to_source(std::int64_t frame) const;
  Hypothesis hypothesis(std::int64_t from, std::int64_t to, std::string text, std::vector<RecognizedWord> const& words,
                        Time now) const;
  Stamp stamp_of(std::int64_t source_sample) const;

  // Given.
  EngineChain& engines_;
  Track const track_;
  int const rate_;
  // State.
  std::deque<Stream> streams_;  // only the front's events are delivered
  std::uint64_t next_id_ = 1;
  std::set<std::int64_t> stops_;  // exact ends in source samples, not yet decided
  std::deque<Stamp> stamps_;
  std::int64_t spoken_to_ = 0;
  std::size_t engine_ = 0;    // of the newest stream
  std::int64_t decided_ = 0;  // 16 kHz, of the front stream
  Time return_since_{};       // a better engine is trusted again
  bool between_ = true;       // nobody is in the middle of a sentence, as far as is known
  std::unique_ptr<Shadow> shadow_;
  bool lost_ = false;
  std::vector<StreamEffect> effects_;
  std::vector<Heard> heard_;
  std::optional<Speakers> speakers_;  // of a mono track
  std::deque<Part> parts_;            // the newest that may be corrected
};

}  // namespace sotto::speech

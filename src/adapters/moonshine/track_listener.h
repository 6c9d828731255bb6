// One track on its way through the recogniser: audio in, frames for the voice detector out, decisions turned into
// decode jobs, decoded text turned into hypotheses in the order of the audio. No threads and no clock: the engine's
// one listening thread owns all listeners. Positions are 16 kHz samples.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "adapters/moonshine/decode_queue.h"
#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/second_reading.h"
#include "adapters/moonshine/segmenter.h"
#include "adapters/moonshine/silero_vad.h"
#include "ports/recognizer.h"

namespace sotto {

// What a step of a listener wants done, in order.
struct ListenerOutput {
  std::vector<SpeechEvent> events;
  std::vector<DecodeJob> jobs;
  std::vector<std::uint64_t> cancelled;  // tickets
  std::uint64_t hallucinations = 0;      // decoded texts that were refused
};

// What a listener has to know of the models' tokens.
struct ListenerTokens {
  bool partials_apart = false;  // partials are decoded by another model
  bool shared = true;           // its tokens are those of the finals' model too: each goes on from the other's words
  std::shared_ptr<Keyterms const> keyterms{};  // of the model of the finals
};

class TrackListener {
 public:
  TrackListener(std::uint64_t track, SegmenterOptions options, ListenerTokens tokens = {})
      : track_(track), options_(options), tokens_(std::move(tokens)) {}

  // Source: RecognizerStream::push. False when more undecided audio waits than can be kept.
  [[nodiscard]] bool push(std::int64_t from, std::vector<float> samples, Time now);
  // Source: RecognizerStream::finish. The last event will be SpeechFinished.
  void finish();

  // The next frame for the voice detector, or none; its answer goes to on_probability(). Closes a span of audio at its
  // end, which may give output.
  std::optional<VadLane> next_frame(Time now, ListenerOutput& out);
  // Source: the detector, for the frame that next_frame() gave.
  void on_probability(float probability, Time now, ListenerOutput& out);
  // Source: a worker, for a job of this track. Unknown tickets are late answers and ignored.
  void on_decoded(std::uint64_t ticket, Decoding decoding, Time now, ListenerOutput& out);

  // Source: RecognizerStream::expect, for what is decoded from now on.
  void expect(std::shared_ptr<Keyterms const> keyterms) { tokens_.keyterms = std::move(keyterms); }

  // How much longer drafts may take: 1, or more where the cores are busy; and whether there is room to decode the words
  // of a probable end once more, carefully.
  void note_load(double stretch, bool room) {
    stretch_ = stretch;
    room_ = room;
  }

 private:
  struct Chunk {
    std::int64_t from = 0;
    std::vector<float> samples;
    Time at;
  };
  struct Stamp {
    std::int64_t to = 0;
    Time at;
  };
  // A draft that was sent for decoding.
  struct Sent {
    std::uint64_t ticket = 0;
    Draft draft;
    std::optional<Decoding> decoding;
    bool eager = false;         // of a pause: it is probably the end
    std::uint64_t careful = 0;  // the same once more, see DecodeJob::carefully; 0: not sent
  };
  // Decided, waiting for its turn (and, when it is speech, for its text).
  struct Pending {
    SpeechEvent event;
    std::uint64_t ticket = 0;  // 0: ready
    std::vector<Span> voiced;
    std::optional<Decoding> draft{};  // where it is decoded carefully: what stands if that is skipped
  };

  // A segment and, once they are known, its words: what follows soon is decoded behind it.
  struct Said {
    ReadSegment read;
    std::uint64_t ticket = 0;
    bool known = false;
    std::vector<Token> tokens;
    bool settled = false;  // another model heard its digits: this one may not correct them
  };
  // Two that follow each other, and their audio until it is sent.
  struct Pair {
    Said first, second;
    std::vector<float> audio;
    std::uint64_t ticket = 0;  // 0: not sent
  };

  std::int64_t end() const { return base_ + static_cast<std::int64_t>(samples_.size()); }
  void take_waiting();
  void append(Chunk const& chunk);
  void copy(std::int64_t from, std::span<float> to) const;
  void close_span(Time now, ListenerOutput& out);
  void apply(std::vector<Decision> decisions, Time now, ListenerOutput& out);
  void on_draft(Draft draft, Time now, ListenerOutput& out);
  void on_segment(Segment segment, Time now, ListenerOutput& out);
  void on_eager_end(Time now, ListenerOutput& out);
  void decode_carefully(Time now, ListenerOutput& out);
  void on_resumed(ListenerOutput& out);
  void drop_pause_draft(ListenerOutput& out);
  void overtake(Sent const& sent, ListenerOutput& out);
  std::vector<Token>& hypothesis_for(DecodeKind kind);
  // How a span is to be decoded.
  struct Wanted {
    DecodeKind kind = DecodeKind::deciding;
    Time deadline;
    bool carefully = false;
  };
  std::uint64_t send(Span span, Wanted wanted, Time now, ListenerOutput& out);
  template <typename Change>
  void for_each_said(Change change);
  void note_said(std::uint64_t ticket, Decoding const& decoding);
  void read_again(Time now, ListenerOutput& out);
  void on_read_again(std::deque<Pair>::iterator pair, Decoding const& decoding);
  void emit_partial(Sent const& sent, Decoding const& decoding, ListenerOutput& out);
  void settle(Pending& pending, Decoding const& decoding, ListenerOutput& out);
  void flush(ListenerOutput& out);
  bool continues(Span span) const;
  void forget_decided();
  Time pushed_at(std::int64_t position) const;

  // Given.
  std::uint64_t const track_;
  SegmenterOptions const options_;
  ListenerTokens tokens_;
  // State: the current span of gapless audio, and what waits behind a hole.
  std::optional<Segmenter> segmenter_;
  VadState vad_;
  std::int64_t base_ = 0;  // position of samples_[0]
  std::deque<std::int16_t>
      samples_;  // up to two segments of each track stay: as floats in a vector they took four times as much
  std::array<float, kVadFrame> frame_{};  // the one that the voice detector hears
  std::int64_t heard_ = 0;                // everything before went through the voice detector
  std::deque<Stamp> stamps_;
  std::deque<Chunk> waiting_;
  std::size_t waiting_samples_ = 0;
  bool finishing_ = false;
  bool finished_ = false;
  // State: texts.
  std::uint64_t next_ticket_ = 1;
  std::optional<Sent> partial_;            // in flight
  std::optional<Sent> pause_;              // in flight, or decoded and waiting for the endpoint
  std::uint64_t overtaken_ = 0;            // the newest draft of this segment that was dropped on its way
  std::vector<Token> hypothesis_;          // the newest of the segment in progress
  std::vector<Token> partial_hypothesis_;  // the same by another model, where its tokens are not shared
  std::string partial_text_;               // of another model
  std::optional<Said> said_;               // the newest segment
  std::deque<Pair> pairs_;                 // to be read a second time
  std::deque<Pending> pending_;
  double stretch_ = 1;
  bool room_ = true;
};

}  // namespace sotto

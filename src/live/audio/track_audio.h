// Stage 2, audio: the packets of one track become contiguous 20 ms frames of 16 kHz, holes and breaks.
// In: packets in any order, doubled or missing; pauses that name their sample. Out: in order, every source sample once.
// Bound: a ring of the bytes as received from the first undecided sample on, at most limits::kRing; when it is full the
// oldest goes to the spool, or becomes a hole (`overrun`) where there is none, while live audio goes on. Confined to
// the loop that owns the call.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_budget.h"
#include "base/clock.h"
#include "call/audio.h"
#include "call/ledger.h"
#include "live/audio/offset.h"
#include "live/audio/resampler.h"
#include "ports/audio_spool.h"

namespace sotto::audio {

// One monotone map relates source samples to the 16 kHz frames: frame sample f lies at source sample f * rate / 16000.
std::int64_t to_frames(std::int64_t source_sample, int rate);
std::int64_t to_source(std::int64_t frame_sample, int rate);

// At most 20 ms of 16 kHz audio; shorter only after and before a Break.
struct Frame {
  std::int64_t from = 0;       // 16 kHz samples
  std::int64_t source_to = 0;  // source samples received contiguously when it was made
  std::vector<float> samples;
  Time arrived;  // of the packet that completed it
};
// What comes next does not continue what came before: the recogniser decides what it has up to `source_at`.
struct Break {
  std::int64_t source_at = 0;
};
// Source samples that were not heard, and why. Follows a Break.
struct Hole {
  std::int64_t from = 0, to = 0;
  Coverage coverage = Coverage::gap;  // gap | pause
  std::string reason;                 // for gap
};
using Output = std::variant<Frame, Break, Hole>;

enum class Accepted { in_order, held, duplicate, too_far };

class TrackAudio {
 public:
  // `at`: the first source sample expected; > 0 after a restart.
  // `spool`: takes what the ring does not keep; null: nothing may be recorded.
  // `budget`: what is held ahead of a hole draws from it; null: only limits::kHeldBytesMax bounds it.
  // `sound`: the samples are a wave, whose offset is taken away; false where they carry numbers, as in tests.
  explicit TrackAudio(AudioFormat format, std::int64_t at = 0, std::unique_ptr<AudioSpool> spool = nullptr,
                      ByteBudget* budget = nullptr, bool sound = false);

  Accepted accept(AudioPacket packet);
  // A missing packet is waited for limits::kReorderWindow from the first arrival behind it, then becomes a hole; at
  // once where more than limits::kHeldBytesMax wait behind it.
  void tick(Time now);
  // [from, ...) is not to be heard until resume. A pause that names a past sample begins at the next sample.
  void pause(std::int64_t from);
  // Nothing comes before `to`: a hole with this reason, at once.
  void skip(std::int64_t to, std::string const& reason);
  // The source goes on at sample `at`; without it, at the first sample of the next packet.
  void resume(std::optional<std::int64_t> at);
  // No more audio: what is held is delivered with its holes, then a Break.
  void end();

  // What became ready since the last call, in order.
  std::vector<Output> take();

  // End of what was received without a hole that is still waited for: `received` of an acknowledgement.
  std::int64_t received() const { return next_; }
  // Audio flows: what was delivered last goes on with the next packet.
  bool in_segment() const { return in_segment_; }
  bool paused() const { return !pauses_.empty() && pauses_.back().to == kOpen; }
  // How much audio memory keeps for a recogniser that starts anew.
  std::int64_t kept() const { return ring_samples_; }
  // Audio below `decided` is no longer needed.
  void forget(std::int64_t decided);
  // What is kept from `from` on as frames, for a recogniser that starts anew: exactly up to where the next frame of
  // take() will begin, or about `most` samples. What the spool cannot read any more is missing.
  std::vector<Frame> replay(std::int64_t from, std::int64_t most = INT64_MAX) const;

 private:
  static constexpr std::int64_t kOpen = INT64_MAX;
  struct PauseSpan {
    std::int64_t from = 0, to = kOpen;
    bool resuming = false;  // ends at the next packet
  };
  struct Chunk {
    std::int64_t from = 0;
    std::vector<std::uint8_t> bytes;
    Time arrived;
    std::optional<std::int64_t> spooled = std::nullopt;  // where; `bytes` is empty then
    std::size_t size = 0;                                // in bytes
  };

  std::int64_t end_of(AudioPacket const& packet) const;
  void close_resuming_pause(std::int64_t at);
  void deliver(AudioPacket const& packet);
  void deliver_heard(std::int64_t from, std::span<std::uint8_t const> bytes, Time arrived);
  void advance_missing(std::int64_t to, std::string const& reason);
  void deliver_held();
  void hold(AudioPacket packet);
  void give_up_hole();
  AudioPacket take_held();
  void hole(std::int64_t from, std::int64_t to, Coverage coverage, std::string const& reason);
  void break_here();
  void emit_frames(bool flush, Time arrived);
  std::int64_t samples(Chunk const& chunk) const;
  bool spool_oldest();
  void keep(std::int64_t from, std::span<std::uint8_t const> bytes, Time arrived);

  AudioFormat const format_;
  std::int64_t next_;                         // source samples
  std::map<std::int64_t, AudioPacket> held_;  // ahead of next_, by first sample
  std::unique_ptr<ByteBudget> held_budget_;
  Time hole_opened_{};  // when the first of held_ came
  std::vector<PauseSpan> pauses_;
  std::unique_ptr<AudioSpool> spool_;
  std::deque<Chunk> ring_;  // first what is spooled
  std::int64_t ring_samples_ = 0;
  std::optional<Offset> offset_;
  Resampler resampler_;
  std::vector<float> ready_;  // 16 kHz samples not yet in a frame
  std::int64_t frame_next_;   // position of ready_[0]
  bool in_segment_ = false;   // audio was delivered since the last Break
  bool framed_ = false;       // a frame was emitted since the last Break
  std::vector<Output> outputs_;
};

}  // namespace sotto::audio

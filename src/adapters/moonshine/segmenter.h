// Where speech begins and ends: voice probabilities and levels of consecutive frames in, decisions out. One per track;
// no audio, no clock, no threads. Positions are 16 kHz samples. Decided intervals (Silence, Segment) follow one another
// without gap or overlap.
//
//   silence --2 voiced frames--> speech --~100 ms without voice--> speculate --> eager end --wait--> segment (endpoint)
//                                  ^------------ voice again (speculation void) ---'-----------'
//
// How long to wait for the endpoint depends on how the words so far end: hint() tells.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "ports/recognizer.h"

namespace sotto {

struct SegmenterOptions {
  float voice_on = 0.5f;    // Silero's own default; lower values wake up for breath and line noise
  float voice_off = 0.35f;  // hysteresis: the soft end of a word stays inside
  // Frames of 32 ms.
  int onset_frames = 2;             // one frame alone is a click
  int pre_roll_frames = 7;          // 224 ms: soft onsets, and context for the model
  int post_roll_frames = 3;         // 96 ms: the same at the end
  int speculate_frames = 3;         // decode this early, so that the text is there when the wait is over
  int speculate_frames_busy = 6;    // where the cores are busy, see stretch_drafts()
  int partial_first_frames = 14;    // 0.45 s after speech began
  int partial_every_frames = 16;    // 0.51 s
  int stirring_frames_max = 4;      // so long the endpoint waits for the detector to say whether a sound is voice
  int silence_every_frames = 25;    // 0.8 s: the decided prefix moves on at least once a second
  int segment_frames_max = 218;     // 7 s
  int cut_search_frames = 62;       // 2 s
  Duration wait_finished = 384ms;   // the words sound finished
  Duration wait_open = 744ms;       // they may go on, or are not known yet
  Duration eager_finished = 152ms;  // so soon the end is probable
  Duration eager_open = 336ms;
  bool second_reading = true;  // for the listener: off where nobody can take a correction
};

// The same, but every pause of `wait` ends a segment, however the words sound; no sooner than a pause draft is made.
SegmenterOptions with_fixed_wait(SegmenterOptions options, Duration wait);

// What Segmenter::stretch_drafts() is told at most.
inline constexpr double kStretchMost = 1.6;

enum class Ending { finished, open };

// RMS of a frame, and of its quarters: a voice ends inside a frame.
struct Level {
  float whole = 1;
  std::array<float, 4> quarters{1, 1, 1, 1};
};

struct Span {
  std::int64_t from = 0, to = 0;
  friend bool operator==(Span const&, Span const&) = default;
};

// Decided: no speech in it.
struct Silence {
  Span span;
};
// Decided: one stretch of speech.
struct Segment {
  Span span;
  std::vector<Span> voiced;
  std::int64_t speech_end = 0;
  FinalReason reason = FinalReason::endpoint;
};
// Worth decoding now: while somebody speaks, or (`pause`) because the segment would end here if nothing follows.
struct Draft {
  Span span;
  std::vector<Span> voiced;
  bool pause = false;
  Duration quiet{};  // so long the pause has lasted
};
// The pause has lasted so long that its draft is probably the whole segment. At most once a pause.
struct EagerEnd {};
// Speech went on after the pause: the draft of the pause is no longer the whole segment.
struct Resumed {};

using Decision = std::variant<Silence, Segment, Draft, EagerEnd, Resumed>;

class Segmenter {
 public:
  Segmenter(SegmenterOptions options, std::int64_t origin);

  // The next frame of 512 samples.
  std::vector<Decision> frame(float probability, Level const& level = {});
  // How the words of the latest pause draft end. May end the segment at once.
  std::vector<Decision> hint(Ending ending);
  // Nothing follows; `end` may lie up to one frame behind the last whole frame.
  std::vector<Decision> finish(std::int64_t end);
  // Load factor, from 1 to kStretchMost: partials come that many times less often, and a pause must last longer to be
  // drafted: two in three that are drafted at once are no end.
  void stretch_drafts(double factor) { stretch_ = factor; }

  // Everything before is decided.
  std::int64_t decided() const { return decided_; }

 private:
  std::int64_t position() const;  // the end of the newest frame
  std::vector<Span> voiced_in(Span span) const;
  void on_quiet_frame(float probability, std::vector<Decision>& out);
  void on_speech_frame(float probability, std::vector<Decision>& out);
  void follow_level(Level const& level);
  int frames_to_speculate() const;
  void heard_voice();
  void decide_silence(std::int64_t to, std::vector<Decision>& out);
  void decide_segment(std::int64_t to, FinalReason reason, std::vector<Decision>& out);
  void draft_partial(std::vector<Decision>& out);
  bool waited(Duration finished, Duration open) const;
  void maybe_end(std::vector<Decision>& out);
  void maybe_end_eagerly(std::vector<Decision>& out);
  void cut(std::vector<Decision>& out);
  void forget_decided();

  // Given.
  SegmenterOptions const options_;
  // State.
  std::int64_t decided_;      // start of the undecided, and of the segment while speaking
  std::int64_t frames_from_;  // where the frame of probabilities_[0] begins
  std::vector<float> probabilities_;
  bool speaking_ = false;
  int voiced_run_ = 0;
  float floor_before_ = 1, floor_now_ = 1, peak_ = 0;  // levels: minimum of the block before and of this one, voice
  int floor_frames_ = 0;                               // in this block
  bool inaudible_ = false;                             // the newest frame is the background alone
  std::int64_t inaudible_tail_ = 0;                    // and so many samples at its end
  int stirring_run_ = 0;  // newest frames that stand out of the background, whatever the detector says yet
  int quiet_run_ = 0;
  std::int64_t speech_end_ = 0;  // of the last frame with a voice
  std::int64_t voice_end_ = 0;   // of the voice in it: waiting begins here
  int frames_to_partial_ = 0;
  Ending ending_ = Ending::open;
  bool eager_ = false;  // said of this pause
  double stretch_ = 1;
  int speculate_;  // frames without voice before a draft, in this pause
};

}  // namespace sotto

#include "adapters/moonshine/segmenter.h"

#include <algorithm>
#include <utility>

#include "adapters/moonshine/silero_vad.h"
#include "base/check.h"

namespace sotto {

namespace {
constexpr auto kFrameSize = static_cast<std::int64_t>(kVadFrame);
constexpr std::int64_t kSamplesPerMs = 16;
constexpr Duration kFrameDuration = 32ms;
}  // namespace

SegmenterOptions with_fixed_wait(SegmenterOptions options, Duration wait) {
  options.wait_finished = options.wait_open = wait;
  return options;
}

Segmenter::Segmenter(SegmenterOptions options, std::int64_t origin)
    : options_(options), decided_(origin), frames_from_(origin), speculate_(options.speculate_frames) {
  // A pause draft must already hold the whole post-roll: then it has the same audio as the segment it may become.
  CHECK(options_.speculate_frames >= options_.post_roll_frames);
}

std::int64_t Segmenter::position() const {
  return frames_from_ + kFrameSize * static_cast<std::int64_t>(probabilities_.size());
}

std::vector<Decision> Segmenter::frame(float probability, Level const& level) {
  std::vector<Decision> out;
  follow_level(level);
  if (inaudible_) probability = std::min(probability, options_.voice_off / 2);
  probabilities_.push_back(probability);
  if (speaking_) {
    on_speech_frame(probability, out);
  } else {
    on_quiet_frame(probability, out);
  }
  forget_decided();
  return out;
}

// The detector's memory makes a voice last 50 to 130 ms longer than it does, and hears a new one 30 to 60 ms late. On a
// line where voice stands well out of the background, a frame at the background's level ends it at once, and a frame
// that rises above it keeps the endpoint waiting for the detector. The background is the minimum of the last 2 to 4 s
// (R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", 2001,
// without the smoothing).
void Segmenter::follow_level(Level const& level) {
  constexpr int block_frames = 62;
  constexpr float background = 1.5f;  // 3.5 dB: what noise varies by
  constexpr float stirring = 2.0f;    // 6 dB
  constexpr float clear_line = 10.0f;
  constexpr float peak_decay = 0.998f;
  floor_now_ = std::min(floor_now_, level.whole);
  peak_ = std::max(peak_ * peak_decay, level.whole);
  auto const floor = std::min(floor_before_, floor_now_);
  if (++floor_frames_ == block_frames) {
    floor_before_ = std::exchange(floor_now_, 1.0f);
    floor_frames_ = 0;
  }
  bool const clear = peak_ >= clear_line * floor;
  inaudible_ = clear && level.whole <= background * floor;
  stirring_run_ = clear && level.whole > stirring * floor ? stirring_run_ + 1 : 0;
  auto const audible = std::find_if(level.quarters.rbegin(), level.quarters.rend(),
                                    [&](float quarter) { return !clear || quarter > background * floor; });
  inaudible_tail_ = (audible - level.quarters.rbegin()) * kFrameSize / static_cast<std::int64_t>(level.quarters.size());
}

int Segmenter::frames_to_speculate() const {
  auto const fewest = options_.speculate_frames;
  auto const most = std::max(fewest, std::min(options_.speculate_frames_busy,
                                              static_cast<int>(options_.wait_finished / (2 * kFrameDuration))));
  return fewest + static_cast<int>((stretch_ - 1) / (kStretchMost - 1) * (most - fewest));
}

void Segmenter::heard_voice() {
  quiet_run_ = 0;
  speculate_ = frames_to_speculate();
  ending_ = Ending::open;
  eager_ = false;
  speech_end_ = position();
  voice_end_ = position() - inaudible_tail_;
}

void Segmenter::on_quiet_frame(float probability, std::vector<Decision>& out) {
  voiced_run_ = probability >= options_.voice_on ? voiced_run_ + 1 : 0;
  if (voiced_run_ >= options_.onset_frames) {
    auto const onset = position() - voiced_run_ * kFrameSize;
    decide_silence(std::max(decided_, onset - options_.pre_roll_frames * kFrameSize), out);
    speaking_ = true;
    heard_voice();
    frames_to_partial_ = options_.partial_first_frames - voiced_run_;
    return;
  }
  // The newest frames may become the pre-roll of speech that is about to begin.
  auto const certain = position() - (options_.pre_roll_frames + options_.onset_frames) * kFrameSize;
  if (certain - decided_ >= options_.silence_every_frames * kFrameSize) decide_silence(certain, out);
}

void Segmenter::on_speech_frame(float probability, std::vector<Decision>& out) {
  bool const voiced = probability >= (quiet_run_ == 0 ? options_.voice_off : options_.voice_on);
  --frames_to_partial_;
  if (voiced) {
    if (quiet_run_ >= speculate_) out.push_back(Resumed{});
    heard_voice();
    if (frames_to_partial_ <= 0) draft_partial(out);
  } else if (++quiet_run_ == speculate_) {
    Span const span{decided_, std::min(speech_end_ + options_.post_roll_frames * kFrameSize, position())};
    out.push_back(Draft{span, voiced_in(span), true, quiet_run_ * kFrameDuration});
  }
  maybe_end(out);
  maybe_end_eagerly(out);
  if (speaking_ && position() - decided_ >= options_.segment_frames_max * kFrameSize) cut(out);
}

std::vector<Decision> Segmenter::hint(Ending ending) {
  std::vector<Decision> out;
  if (!speaking_ || quiet_run_ < speculate_) return out;
  ending_ = ending;
  maybe_end(out);
  maybe_end_eagerly(out);
  forget_decided();
  return out;
}

std::vector<Decision> Segmenter::finish(std::int64_t end) {
  std::vector<Decision> out;
  CHECK(end >= position() && end < position() + kFrameSize);
  // No draft has to have the same audio: the model gets as much behind the words as before them.
  auto const post_roll = speech_end_ + options_.pre_roll_frames * kFrameSize;
  if (speaking_) decide_segment(std::min(end, post_roll), FinalReason::finish, out);
  decide_silence(end, out);
  return out;
}

bool Segmenter::waited(Duration finished, Duration open) const {
  auto const wait = ending_ == Ending::finished ? finished : open;
  return quiet_run_ >= speculate_ && position() - voice_end_ >= wait / 1ms * kSamplesPerMs;
}

void Segmenter::maybe_end(std::vector<Decision>& out) {
  if (!speaking_ || !waited(options_.wait_finished, options_.wait_open)) return;
  if (0 < stirring_run_ && stirring_run_ <= options_.stirring_frames_max) return;
  decide_segment(speech_end_ + options_.post_roll_frames * kFrameSize, FinalReason::endpoint, out);
}

void Segmenter::maybe_end_eagerly(std::vector<Decision>& out) {
  if (!speaking_ || eager_ || stirring_run_ > 0 || !waited(options_.eager_finished, options_.eager_open)) return;
  eager_ = true;
  out.push_back(EagerEnd{});
}

// Continuous speech: cut where the voice is weakest, as late as possible among equals; in a pause, behind its draft.
void Segmenter::cut(std::vector<Decision>& out) {
  if (quiet_run_ >= speculate_) {
    return decide_segment(speech_end_ + options_.post_roll_frames * kFrameSize, FinalReason::limit, out);
  }
  auto const newest = probabilities_.rbegin();
  auto const weakest = std::min_element(newest, newest + options_.cut_search_frames);
  auto const behind = static_cast<std::int64_t>(weakest - newest);
  auto const at = position() - behind * kFrameSize - kFrameSize / 2;
  auto const speech_end = speech_end_;
  auto const quiet_run = quiet_run_;
  decide_segment(at, FinalReason::limit, out);
  if (speech_end <= at) return;  // what follows is a pause; it may become silence
  speaking_ = true;
  speech_end_ = speech_end;
  quiet_run_ = quiet_run;
  draft_partial(out);
}

void Segmenter::decide_silence(std::int64_t to, std::vector<Decision>& out) {
  if (to <= decided_) return;
  out.push_back(Silence{{decided_, to}});
  decided_ = to;
}

void Segmenter::decide_segment(std::int64_t to, FinalReason reason, std::vector<Decision>& out) {
  Span const span{decided_, to};
  out.push_back(Segment{span, voiced_in(span), std::min(speech_end_, to), reason});
  decided_ = to;
  speaking_ = false;
  voiced_run_ = 0;
  quiet_run_ = 0;
  ending_ = Ending::open;
  eager_ = false;
}

void Segmenter::draft_partial(std::vector<Decision>& out) {
  Span const span{decided_, position()};
  out.push_back(Draft{span, voiced_in(span), false});
  frames_to_partial_ = static_cast<int>(options_.partial_every_frames * stretch_);
}

std::vector<Span> Segmenter::voiced_in(Span span) const {
  std::vector<Span> voiced;
  auto from = frames_from_;
  for (auto const probability : probabilities_) {
    Span const part{std::max(from, span.from), std::min(from + kFrameSize, span.to)};
    from += kFrameSize;
    if (probability < options_.voice_off || part.from >= part.to) continue;
    if (!voiced.empty() && voiced.back().to == part.from) {
      voiced.back().to = part.to;
    } else {
      voiced.push_back(part);
    }
  }
  return voiced;
}

void Segmenter::forget_decided() {
  auto const known = static_cast<std::int64_t>(probabilities_.size());
  auto const frames = std::min((decided_ - frames_from_) / kFrameSize, known);
  probabilities_.erase(probabilities_.begin(), probabilities_.begin() + frames);
  frames_from_ += frames * kFrameSize;
}

}  // namespace sotto

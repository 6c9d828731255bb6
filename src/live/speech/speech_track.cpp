#include "live/speech/speech_track.h"

#include <algorithm>
#include <type_traits>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::speech {

SpeechTrack::SpeechTrack(Recognizer& recognizer, Track track, int rate, Clock const& clock,
                         std::function<void(Heard)> heard)
    : recognizer_(recognizer), track_(track), rate_(rate), clock_(clock), heard_(std::move(heard)) {}

void SpeechTrack::push(std::int64_t from, std::int64_t source_to, std::span<float const> samples, Time arrived,
                       Time now) {
  if (stamps_.empty() || stamps_.back().source_to < source_to) stamps_.push_back({source_to, arrived, now});
  if (lost_) return;  // the ring keeps it
  if (streams_.empty() || streams_.back().stopped) {
    auto const id = next_id_++;
    streams_.push_back({.id = id});
    streams_.back().stream = recognizer_.open([this, id](SpeechEvent event) { on_event(id, std::move(event)); });
  }
  streams_.back().stream->push(from, samples);
}

void SpeechTrack::stop(std::int64_t source_at) {
  stops_.insert(source_at);
  if (streams_.empty() || streams_.back().stopped) return;
  streams_.back().stopped = true;
  streams_.back().stream->finish();
}

void SpeechTrack::on_event(std::uint64_t id, SpeechEvent event) {
  if (std::holds_alternative<SpeechLost>(event)) return on_lost();
  auto const stream = std::ranges::find(streams_, id, &Stream::id);
  CHECK(stream != streams_.end());
  if (stream != streams_.begin()) {
    stream->held.push_back(std::move(event));
    return;
  }
  if (!std::holds_alternative<SpeechFinished>(event)) return deliver(std::move(event));
  streams_.pop_front();
  while (!streams_.empty()) {
    auto held = std::exchange(streams_.front().held, {});
    bool finished = false;
    for (auto& earlier : held) {
      finished = finished || std::holds_alternative<SpeechFinished>(earlier);
      deliver(std::move(earlier));
    }
    if (!finished) return;
    streams_.pop_front();
  }
}

void SpeechTrack::deliver(SpeechEvent event) {
  if (auto* partial = std::get_if<SpeechPartial>(&event)) {
    auto out = hypothesis(partial->from, partial->to, std::move(partial->text), partial->words);
    spoken_to_ = std::max(spoken_to_, out.to);
    heard_(std::move(out));
  } else if (auto* final = std::get_if<SpeechFinal>(&event)) {
    losses_ = 0;
    auto out = hypothesis(final->from, final->to, std::move(final->text), final->words);
    out.final = true;
    out.speech_end = std::clamp(to_source(final->speech_end), out.from, out.to);
    out.reason = final->reason == FinalReason::endpoint ? "endpoint"
                 : final->reason == FinalReason::limit  ? "limit"
                                                        : "finish";
    auto const stamp = stamp_of(out.speech_end);
    out.arrived = stamp.arrived;
    out.buffered = stamp.pushed;
    spoken_to_ = std::max(spoken_to_, out.to);
    heard_(std::move(out));
  } else if (auto const* silent = std::get_if<SpeechSilent>(&event)) {
    losses_ = 0;
    SampleRange const range{to_source(silent->from), to_source(silent->to)};
    spoken_to_ = std::max(spoken_to_, range.to);
    heard_(range);
  }
}

Hypothesis SpeechTrack::hypothesis(std::int64_t from, std::int64_t to, std::string text,
                                   std::vector<RecognizedWord> const& words) const {
  Hypothesis out{.track = track_, .from = to_source(from), .to = to_source(to), .text = std::move(text)};
  out.speech_end = out.to;
  out.recognised = clock_.now();
  auto const ms = [](std::int64_t frame) { return frame * 1000 / limits::frame_rate_hz; };
  for (auto const& word : words) out.words.push_back({word.text, ms(word.from), ms(word.to), word.estimated});
  return out;
}

// The map of stage 2, but a stream that was stopped ends at exactly the source sample where it was stopped.
std::int64_t SpeechTrack::to_source(std::int64_t frame) const {
  auto const sample = (frame * rate_ + limits::frame_rate_hz - 1) / limits::frame_rate_hz;
  auto const stop = stops_.lower_bound(sample);
  std::int64_t const rounding = rate_ / limits::frame_rate_hz + 1;
  return stop != stops_.end() && *stop - sample <= rounding ? *stop : sample;
}

SpeechTrack::Stamp SpeechTrack::stamp_of(std::int64_t source_sample) const {
  auto const stamp = std::ranges::lower_bound(stamps_, source_sample, {}, &Stamp::source_to);
  if (stamp != stamps_.end()) return *stamp;
  return stamps_.empty() ? Stamp{} : stamps_.back();
}

void SpeechTrack::on_lost() {
  lost_ = true;
  ++losses_;
  streams_.clear();
  auto const back_off = limits::recogniser_retry_min * (1 << std::min(losses_ - 1, 6));
  retry_at_ = clock_.now() + std::min<Duration>(back_off, limits::recogniser_retry_max);
}

void SpeechTrack::restart() { lost_ = false; }

void SpeechTrack::forget(std::int64_t decided) {
  while (stamps_.size() > 1 && stamps_[1].source_to < decided) stamps_.pop_front();
  stops_.erase(stops_.begin(), stops_.lower_bound(decided));
}

}  // namespace sotto::speech

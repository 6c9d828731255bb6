#include "adapters/moonshine/track_listener.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "adapters/moonshine/ending.h"
#include "adapters/moonshine/words.h"
#include "base/check.h"
#include "call/audio.h"

namespace sotto {
namespace {

constexpr std::int64_t sample_rate = 16000;
constexpr auto frame_size = static_cast<std::int64_t>(vad_frame);
// Longer than the ring of the audio stage (limits.h), which may replay all of it at once.
constexpr std::size_t waiting_samples_max = 240 * sample_rate;
// Partials are for live audio; while a backlog is worked off they would only delay the finals.
constexpr std::int64_t live_backlog = sample_rate;
// A partial that is older has been overtaken by the next one.
constexpr Duration partial_lifetime = 700ms;
constexpr Duration frame_duration = 32ms;
// A segment that begins this soon after another goes on with the same sentence more often than not.
constexpr std::int64_t context_gap = sample_rate;
// Together they are decoded up to this length: longer audio costs more than it tells.
constexpr std::int64_t context_length = 10 * sample_rate;
constexpr float full_scale = 32768;

}  // namespace

bool TrackListener::push(std::int64_t from, std::vector<float> samples, Time now) {
  if (finishing_ || samples.empty()) return true;
  waiting_samples_ += samples.size();
  waiting_.push_back({from, std::move(samples), now});
  take_waiting();
  return waiting_samples_ + static_cast<std::size_t>(end() - heard_) <= waiting_samples_max;
}

void TrackListener::finish() { finishing_ = true; }

void TrackListener::take_waiting() {
  while (!waiting_.empty() && (!segmenter_ || waiting_.front().from <= end())) {
    auto chunk = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_samples_ -= chunk.samples.size();
    if (!segmenter_) {
      segmenter_.emplace(options_, chunk.from);
      vad_ = {};
      base_ = heard_ = chunk.from;
      said_.reset();
      samples_.clear();
    }
    append(chunk);
  }
}

// What was pushed before is not taken twice.
void TrackListener::append(Chunk const& chunk) {
  auto const known = end() - chunk.from;
  if (known >= static_cast<std::int64_t>(chunk.samples.size())) return;
  std::ranges::transform(std::span(chunk.samples).subspan(known), std::back_inserter(samples_), [](float sample) {
    return static_cast<std::int16_t>(std::lround(std::clamp(sample * full_scale, -full_scale, full_scale - 1)));
  });
  stamps_.push_back({end(), chunk.at});
}

void TrackListener::copy(std::int64_t from, std::span<float> to) const {
  auto const first = samples_.begin() + (from - base_);
  std::transform(first, first + static_cast<std::int64_t>(to.size()), to.begin(),
                 [](std::int16_t sample) { return static_cast<float>(sample) / full_scale; });
}

std::optional<VadLane> TrackListener::next_frame(Time now, ListenerOutput& out) {
  while (segmenter_ && end() - heard_ < frame_size && (!waiting_.empty() || finishing_)) {
    close_span(now, out);
    take_waiting();
  }
  if (finishing_ && !segmenter_ && !finished_) {
    finished_ = true;
    pending_.push_back({.event = SpeechFinished{}});
    flush(out);
  }
  if (!segmenter_ || end() - heard_ < frame_size) return std::nullopt;
  copy(heard_, frame_);
  return VadLane{.state = &vad_, .frame = frame_};
}

void TrackListener::on_probability(float probability, Time now, ListenerOutput& out) {
  auto const level = static_cast<float>(rms(frame_));
  heard_ += frame_size;
  segmenter_->stretch_partials(stretch_);
  apply(segmenter_->frame(probability, level), now, out);
}

void TrackListener::close_span(Time now, ListenerOutput& out) {
  heard_ = end();
  apply(segmenter_->finish(end()), now, out);
  segmenter_.reset();
}

void TrackListener::apply(std::vector<Decision> decisions, Time now, ListenerOutput& out) {
  for (auto& decision : decisions) {
    if (auto* draft = std::get_if<Draft>(&decision)) {
      on_draft(std::move(*draft), now, out);
    } else if (auto* segment = std::get_if<Segment>(&decision)) {
      on_segment(std::move(*segment), now, out);
    } else if (auto const* silence = std::get_if<Silence>(&decision)) {
      pending_.push_back({.event = SpeechSilent{silence->span.from, silence->span.to}});
    } else {
      drop_pause_draft(out);
    }
  }
  flush(out);
  forget_decided();
}

void TrackListener::on_draft(Draft draft, Time now, ListenerOutput& out) {
  bool const behind = end() - heard_ > live_backlog || waiting_samples_ > 0;
  if (behind) return;
  auto const kind = draft.pause ? DecodeKind::deciding : DecodeKind::partial;
  auto const shortest_wait = frame_duration * (options_.wait_finished_frames - options_.speculate_frames);
  auto const wait = draft.pause ? shortest_wait : partial_lifetime;
  if (partial_) out.cancelled.push_back(std::exchange(partial_, std::nullopt)->ticket);
  auto const ticket = send(draft.span, kind, now + wait, now, out);
  (draft.pause ? pause_ : partial_) = Sent{ticket, std::move(draft), std::nullopt};
}

void TrackListener::on_segment(Segment segment, Time now, ListenerOutput& out) {
  if (pause_ && pause_->draft.span != segment.span) drop_pause_draft(out);
  SpeechFinal final{.from = segment.span.from,
                    .to = segment.span.to,
                    .speech_end = segment.speech_end,
                    .reason = segment.reason,
                    .endpoint_audio_at = pushed_at(heard_)};
  Pending pending{.event = std::move(final), .voiced = std::move(segment.voiced)};
  if (pause_ && pause_->decoding) {
    settle(pending, *pause_->decoding, out);
    said_ = Said{segment.span, 0, pause_->decoding->tokens};
  } else {
    pending.ticket = pause_ ? pause_->ticket : send(segment.span, DecodeKind::deciding, now, now, out);
    said_ = Said{segment.span, pending.ticket, {}};
  }
  pending_.push_back(std::move(pending));
  if (partial_) out.cancelled.push_back(partial_->ticket);
  pause_.reset();
  partial_.reset();
  hypothesis_.clear();
}

void TrackListener::drop_pause_draft(ListenerOutput& out) {
  if (pause_ && !pause_->decoding) out.cancelled.push_back(pause_->ticket);
  pause_.reset();
}

std::uint64_t TrackListener::send(Span span, DecodeKind kind, Time deadline, Time now, ListenerOutput& out) {
  CHECK(span.from >= base_ && span.to <= end());
  bool const behind = continues(span) && said_->ticket == 0 && !said_->tokens.empty();
  auto const from = behind ? said_->span.from : span.from;
  std::vector<float> audio(static_cast<std::size_t>(span.to - from));
  copy(from, audio);
  out.jobs.push_back({.track = track_,
                      .ticket = next_ticket_,
                      .kind = kind,
                      .deadline = deadline,
                      .queued_at = now,
                      .audio = std::move(audio),
                      .known = hypothesis_,
                      .context = static_cast<std::size_t>(span.from - from),
                      .said = behind ? said_->tokens : std::vector<Token>{}});
  return next_ticket_++;
}

bool TrackListener::continues(Span span) const {
  return said_ && span.from >= said_->span.to && span.from - said_->span.to <= context_gap &&
         span.to - said_->span.from <= context_length && said_->span.from >= base_;
}

void TrackListener::on_decoded(std::uint64_t ticket, Decoding decoding, Time now, ListenerOutput& out) {
  if (partial_ && partial_->ticket == ticket) {
    auto const sent = std::exchange(partial_, std::nullopt);
    hypothesis_ = decoding.tokens;
    emit_partial(sent->draft, decoding.text, out);
  } else if (pause_ && pause_->ticket == ticket) {
    hypothesis_ = decoding.tokens;
    emit_partial(pause_->draft, decoding.text, out);
    auto const ending = ending_of(decoding.text);
    pause_->decoding = std::move(decoding);
    apply(segmenter_->hint(ending), now, out);
  } else {
    if (said_ && said_->ticket == ticket) {
      said_->ticket = 0;
      said_->tokens = decoding.tokens;
    }
    auto const settled = std::ranges::find(pending_, ticket, &Pending::ticket);
    if (settled != pending_.end()) settle(*settled, decoding, out);
    flush(out);
  }
}

// Only the newest undecided speech has partials: earlier finals that still wait for their text come first.
void TrackListener::emit_partial(Draft const& draft, std::string const& text, ListenerOutput& out) {
  if (text.empty() || !pending_.empty() || too_many_words(text, draft.voiced)) return;
  out.events.push_back(SpeechPartial{.from = draft.span.from,
                                     .to = draft.span.to,
                                     .text = text,
                                     .words = estimate_words(text, draft.voiced, draft.span),
                                     .audio_at = pushed_at(draft.span.to)});
}

void TrackListener::settle(Pending& pending, Decoding const& decoding, ListenerOutput& out) {
  auto& final = std::get<SpeechFinal>(pending.event);
  pending.ticket = 0;
  if (decoding.runaway || too_many_words(decoding.text, pending.voiced)) {
    ++out.made_up;
    return;
  }
  final.text = decoding.text;
  final.words = estimate_words(final.text, pending.voiced, {final.from, final.to});
}

void TrackListener::flush(ListenerOutput& out) {
  while (!pending_.empty() && pending_.front().ticket == 0) {
    out.events.push_back(std::move(pending_.front().event));
    pending_.pop_front();
  }
}

void TrackListener::forget_decided() {
  // Erasing moves what stays: worth it once a second, not every frame.
  auto decided = std::min(segmenter_ ? segmenter_->decided() : end(), heard_);
  if (segmenter_ && continues({decided, decided})) decided = said_->span.from;
  if (decided - base_ < sample_rate && decided < end()) return;
  samples_.erase(samples_.begin(), samples_.begin() + (decided - base_));
  base_ = decided;
  while (!stamps_.empty() && stamps_.front().to < base_) stamps_.pop_front();
}

Time TrackListener::pushed_at(std::int64_t position) const {
  auto const stamp = std::ranges::lower_bound(stamps_, position, {}, &Stamp::to);
  return stamp == stamps_.end() ? stamps_.back().at : stamp->at;
}

}  // namespace sotto

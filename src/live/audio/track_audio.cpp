#include "live/audio/track_audio.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "live/audio/g711.h"

namespace sotto::audio {

std::int64_t to_frames(std::int64_t source_sample, int rate) { return source_sample * limits::kFrameRateHz / rate; }

std::int64_t to_source(std::int64_t frame_sample, int rate) {
  return (frame_sample * rate + limits::kFrameRateHz - 1) / limits::kFrameRateHz;
}

static std::int64_t samples_in(Duration duration, int rate) { return duration.count() * rate / 1'000'000; }

TrackAudio::TrackAudio(AudioFormat format, std::int64_t at, std::unique_ptr<AudioSpool> spool, ByteBudget* budget,
                       bool sound)
    : format_(format),
      next_(at),
      held_budget_(std::make_unique<ByteBudget>(limits::kHeldBytesMax, budget)),
      spool_(std::move(spool)),
      offset_(sound ? std::optional(Offset(format.rate)) : std::nullopt),
      resampler_(format.rate),
      frame_next_(to_frames(at, format.rate)) {}

std::int64_t TrackAudio::end_of(AudioPacket const& packet) const {
  return packet.first_sample + static_cast<std::int64_t>(packet.bytes.size()) / format_.bytes_per_sample();
}

Accepted TrackAudio::accept(AudioPacket packet) {
  auto const end = end_of(packet);
  if (packet.first_sample > next_ + samples_in(limits::kJumpMax, format_.rate)) return Accepted::too_far;
  if (end <= next_) return Accepted::duplicate;
  close_resuming_pause(packet.first_sample);
  if (packet.first_sample > next_) {
    hold(std::move(packet));
    return Accepted::held;
  }
  deliver(packet);
  deliver_held();
  return Accepted::in_order;
}

void TrackAudio::tick(Time now) {
  while (!held_.empty() && hole_opened_ + limits::kReorderWindow <= now) give_up_hole();
}

// Packets may overlap: each counts with all it holds.
void TrackAudio::hold(AudioPacket packet) {
  if (held_.contains(packet.first_sample)) return;
  while (!held_.empty() && !held_budget_->take(packet.bytes.size())) give_up_hole();
  if (held_.empty()) {
    // Nothing else waits, and still there is no room for it: it goes on behind a hole at once.
    if (packet.first_sample <= next_ || !held_budget_->take(packet.bytes.size())) {
      if (packet.first_sample > next_)
        advance_missing(packet.first_sample, next_ == 0 ? "not_started" : "not_received");
      if (end_of(packet) > next_) deliver(packet);
      return;
    }
    hole_opened_ = packet.arrived;
  }
  held_.emplace(packet.first_sample, std::move(packet));
  deliver_held();
}

void TrackAudio::give_up_hole() {
  advance_missing(held_.begin()->first, next_ == 0 ? "not_started" : "not_received");
  deliver_held();
  if (!held_.empty()) hole_opened_ = held_.begin()->second.arrived;
}

AudioPacket TrackAudio::take_held() {
  auto packet = std::move(held_.extract(held_.begin()).mapped());
  held_budget_->give(packet.bytes.size());
  return packet;
}

void TrackAudio::skip(std::int64_t to, std::string const& reason) {
  while (!held_.empty()) give_up_hole();
  advance_missing(to, reason);
}

void TrackAudio::pause(std::int64_t from) {
  if (paused()) return;
  std::erase_if(pauses_, [this](PauseSpan const& span) { return span.to <= next_; });
  // A pause far ahead is a slip of the sender, as a packet there is.
  from = std::min(from, next_ + samples_in(limits::kJumpMax, format_.rate));
  pauses_.push_back({.from = std::max(from, next_)});
  if (from <= next_) break_here();  // perhaps nothing comes before it ends: what was said is decided now
}

void TrackAudio::resume(std::optional<std::int64_t> at) {
  if (!paused()) return;
  pauses_.back().resuming = true;
  if (at) at = std::min(*at, next_ + samples_in(limits::kJumpMax, format_.rate));
  if (at) close_resuming_pause(*at);
}

// The source does not send while it is paused, so the time until it goes on is advanced without audio.
void TrackAudio::close_resuming_pause(std::int64_t at) {
  if (!paused() || !pauses_.back().resuming) return;
  auto& span = pauses_.back();
  span.to = std::max({at, span.from, next_});
  if (next_ >= span.from) advance_missing(span.to, "");
}

void TrackAudio::end() {
  while (!held_.empty()) give_up_hole();
  break_here();
}

std::vector<Output> TrackAudio::take() { return std::exchange(outputs_, {}); }

void TrackAudio::deliver_held() {
  while (!held_.empty() && held_.begin()->first <= next_) {
    auto const packet = take_held();
    if (end_of(packet) > next_) deliver(packet);
  }
}

// The packet continues at next_ (it may begin earlier: the overlap was heard already). Splits it at pauses.
void TrackAudio::deliver(AudioPacket const& packet) {
  auto const width = format_.bytes_per_sample();
  auto const end = end_of(packet);
  while (next_ < end) {
    auto const span = std::ranges::find_if(pauses_, [&](PauseSpan const& p) { return p.to > next_; });
    if (span == pauses_.end() || span->from > next_) {
      auto const to = span == pauses_.end() ? end : std::min(end, span->from);
      auto const bytes = std::span(packet.bytes).subspan((next_ - packet.first_sample) * width, (to - next_) * width);
      deliver_heard(next_, bytes, packet.arrived);
      next_ = to;
      if (span != pauses_.end() && to == span->from) break_here();
    } else {
      auto const to = std::min(end, span->to);
      hole(next_, to, Coverage::pause, "");
      next_ = to;
    }
  }
}

void TrackAudio::deliver_heard(std::int64_t from, std::span<std::uint8_t const> bytes, Time arrived) {
  if (!in_segment_) {
    in_segment_ = true;
    frame_next_ = to_frames(from, format_.rate);
  }
  keep(from, bytes, arrived);
  std::vector<float> linear;
  linear.reserve(bytes.size());
  decode(format_.coding, bytes, linear);
  if (offset_) offset_->remove(linear);
  resampler_.process(linear, false, ready_);
  next_ = from + static_cast<std::int64_t>(bytes.size()) / format_.bytes_per_sample();
  emit_frames(false, arrived);
}

void TrackAudio::advance_missing(std::int64_t to, std::string const& reason) {
  while (next_ < to) {
    auto const span = std::ranges::find_if(pauses_, [&](PauseSpan const& p) { return p.to > next_; });
    bool const in_pause = span != pauses_.end() && span->from <= next_;
    auto const until = span == pauses_.end() ? to : std::min(to, in_pause ? span->to : span->from);
    hole(next_, until, in_pause ? Coverage::pause : Coverage::gap, in_pause ? "" : reason);
    next_ = until;
  }
}

void TrackAudio::hole(std::int64_t from, std::int64_t to, Coverage coverage, std::string const& reason) {
  break_here();
  outputs_.push_back(Hole{from, to, coverage, reason});
}

void TrackAudio::break_here() {
  if (!in_segment_) return;
  resampler_.process({}, true, ready_);
  emit_frames(true, {});
  in_segment_ = false;
  framed_ = false;
  outputs_.push_back(Break{next_});
}

// A segment's frames end exactly where the map puts its last source sample. Its first frame is what is ready then: the
// resampler looks 1 ms ahead, and frames that end so much before their packet need not wait for the next one.
void TrackAudio::emit_frames(bool flush, Time arrived) {
  if (flush) ready_.resize(std::max<std::int64_t>(0, to_frames(next_, format_.rate) - frame_next_));
  std::size_t at = 0;
  while (ready_.size() - at >= limits::kFrameSamples || ((flush || !framed_) && at < ready_.size())) {
    framed_ = true;
    auto const count = std::min<std::size_t>(limits::kFrameSamples, ready_.size() - at);
    outputs_.push_back(Frame{.from = frame_next_,
                             .source_to = next_,
                             .samples = {ready_.begin() + at, ready_.begin() + at + count},
                             .arrived = arrived});
    at += count;
    frame_next_ += static_cast<std::int64_t>(count);
  }
  ready_.erase(ready_.begin(), ready_.begin() + at);
}

void TrackAudio::keep(std::int64_t from, std::span<std::uint8_t const> bytes, Time arrived) {
  ring_.push_back({.from = from, .bytes = {bytes.begin(), bytes.end()}, .arrived = arrived, .size = bytes.size()});
  ring_samples_ += samples(ring_.back());
  while (ring_samples_ > samples_in(limits::kRing, format_.rate)) {
    if (spool_oldest()) continue;
    auto const& oldest = ring_.front();
    auto const count = samples(oldest);
    outputs_.push_back(Hole{oldest.from, oldest.from + count, Coverage::gap, "overrun"});
    if (!oldest.spooled) ring_samples_ -= count;
    ring_.pop_front();
  }
}

std::int64_t TrackAudio::samples(Chunk const& chunk) const {
  return static_cast<std::int64_t>(chunk.size) / format_.bytes_per_sample();
}

// Some seconds of the oldest audio in memory become one chunk of the spool.
bool TrackAudio::spool_oldest() {
  if (!spool_) return false;
  auto const first = std::ranges::find_if(ring_, [](Chunk const& chunk) { return !chunk.spooled; });
  Chunk block{.from = first->from, .bytes = {}, .arrived = first->arrived};
  std::vector<std::uint8_t> bytes;
  auto last = first;
  for (; last != ring_.end() && last->from == first->from + samples(block); ++last) {
    if (samples(block) >= samples_in(limits::kSpoolBlock, format_.rate)) break;
    bytes.insert(bytes.end(), last->bytes.begin(), last->bytes.end());
    block.size = bytes.size();
  }
  block.spooled = spool_->append(bytes);
  if (!block.spooled) return false;
  ring_samples_ -= samples(block);
  *first = std::move(block);
  ring_.erase(first + 1, last);
  return true;
}

void TrackAudio::forget(std::int64_t decided) {
  bool const spooled = !ring_.empty() && ring_.front().spooled;
  while (!ring_.empty() && ring_.front().from + samples(ring_.front()) <= decided) {
    if (!ring_.front().spooled) ring_samples_ -= samples(ring_.front());
    ring_.pop_front();
  }
  if (spooled && (ring_.empty() || !ring_.front().spooled)) spool_->clear();
}

std::vector<Frame> TrackAudio::replay(std::int64_t from, std::int64_t most) const {
  TrackAudio again(format_, from);
  again.offset_ = offset_;
  std::vector<Frame> frames;
  auto const take = [&] {
    for (auto& output : again.take()) {
      if (auto* frame = std::get_if<Frame>(&output)) frames.push_back(std::move(*frame));
    }
  };
  for (auto const& chunk : ring_) {
    if (chunk.from + samples(chunk) <= again.next_) continue;
    if (again.next_ - from >= most) break;
    auto const read = chunk.spooled ? spool_->read(*chunk.spooled, chunk.size) : std::optional(chunk.bytes);
    if (!read) continue;
    if (chunk.from > again.next_) {  // a hole that was reported before
      again.break_here();
      again.next_ = chunk.from;
    }
    again.ring_.clear();
    again.ring_samples_ = 0;
    again.deliver({.first_sample = chunk.from, .bytes = *read, .arrived = chunk.arrived});
    take();
  }
  // Its frames lie elsewhere than those of take(), which go on at frame_next_: neither a sample less nor one more.
  again.break_here();
  take();
  while (!frames.empty() && frames.back().from >= frame_next_) frames.pop_back();
  if (!frames.empty()) {
    auto& samples = frames.back().samples;
    samples.resize(std::min<std::size_t>(samples.size(), static_cast<std::size_t>(frame_next_ - frames.back().from)));
  }
  return frames;
}

}  // namespace sotto::audio

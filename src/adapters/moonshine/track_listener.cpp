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

constexpr std::int64_t kSampleRate = 16000;
constexpr auto kFrameSize = static_cast<std::int64_t>(kVadFrame);
// Longer than the ring of the audio stage (limits.h), which may replay all of it at once.
constexpr std::size_t kWaitingSamplesMax = 240 * kSampleRate;
// Partials are for live audio; while a backlog is worked off they would only delay the finals.
constexpr std::int64_t kLiveBacklog = kSampleRate;
// A partial that is older has been overtaken by the next one.
constexpr Duration kPartialLifetime = 700ms;
// A segment that begins this soon after another goes on with the same sentence more often than not.
constexpr std::int64_t kContextGap = kSampleRate;
// Together they are decoded up to this length: longer audio costs more than it tells.
constexpr std::int64_t kContextLength = 10 * kSampleRate;
// A correction that comes later than this only confuses.
constexpr Duration kSecondReadingWithin = 2500ms;
constexpr std::size_t kPairsMax = 4;
constexpr float kFullScale = 32768;

Level level_of(std::span<float const> frame) {
  Level level{.whole = static_cast<float>(rms(frame))};
  auto const length = frame.size() / level.quarters.size();
  for (std::size_t i = 0; i < level.quarters.size(); ++i) {
    level.quarters[i] = static_cast<float>(rms(frame.subspan(i * length, length)));
  }
  return level;
}

}  // namespace

bool TrackListener::push(std::int64_t from, std::vector<float> samples, Time now) {
  if (finishing_ || samples.empty()) return true;
  waiting_samples_ += samples.size();
  waiting_.push_back({from, std::move(samples), now});
  take_waiting();
  return waiting_samples_ + static_cast<std::size_t>(end() - heard_) <= kWaitingSamplesMax;
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
    return static_cast<std::int16_t>(std::lround(std::clamp(sample * kFullScale, -kFullScale, kFullScale - 1)));
  });
  stamps_.push_back({end(), chunk.at});
}

void TrackListener::copy(std::int64_t from, std::span<float> to) const {
  auto const first = samples_.begin() + (from - base_);
  std::transform(first, first + static_cast<std::int64_t>(to.size()), to.begin(),
                 [](std::int16_t sample) { return static_cast<float>(sample) / kFullScale; });
}

std::optional<VadLane> TrackListener::next_frame(Time now, ListenerOutput& out) {
  while (segmenter_ && end() - heard_ < kFrameSize && (!waiting_.empty() || finishing_)) {
    close_span(now, out);
    take_waiting();
  }
  if (finishing_ && !segmenter_ && !finished_) {
    finished_ = true;
    pending_.push_back({.event = SpeechFinished{}});
    flush(out);
  }
  if (!segmenter_ || end() - heard_ < kFrameSize) return std::nullopt;
  copy(heard_, frame_);
  return VadLane{.state = &vad_, .frame = frame_};
}

void TrackListener::on_probability(float probability, Time now, ListenerOutput& out) {
  heard_ += kFrameSize;
  segmenter_->stretch_drafts(stretch_);
  apply(segmenter_->frame(probability, level_of(frame_)), now, out);
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
    } else if (std::holds_alternative<EagerEnd>(decision)) {
      on_eager_end(now, out);
    } else {
      on_resumed(out);
    }
  }
  read_again(now, out);
  flush(out);
  forget_decided();
}

void TrackListener::on_draft(Draft draft, Time now, ListenerOutput& out) {
  bool const behind = end() - heard_ > kLiveBacklog || waiting_samples_ > 0;
  if (behind) return;
  auto const kind = draft.pause ? DecodeKind::deciding : DecodeKind::partial;
  auto const wait = draft.pause ? options_.wait_finished - draft.quiet : kPartialLifetime;
  if (partial_) overtake(*std::exchange(partial_, std::nullopt), out);
  auto const ticket = send(draft.span, {.kind = kind, .deadline = now + wait}, now, out);
  (draft.pause ? pause_ : partial_) = Sent{ticket, std::move(draft), std::nullopt};
}

void TrackListener::on_segment(Segment segment, Time now, ListenerOutput& out) {
  if (pause_ && pause_->draft.span != segment.span) drop_pause_draft(out);
  SpeechFinal final{.from = segment.span.from,
                    .to = segment.span.to,
                    .speech_end = segment.speech_end,
                    .reason = segment.reason,
                    .endpoint_audio_at = pushed_at(heard_)};
  auto const ticket = !pause_                ? send(segment.span, {.deadline = now, .carefully = true}, now, out)
                      : pause_->careful != 0 ? pause_->careful
                                             : pause_->ticket;
  Said said{.read = {segment.span, segment.voiced, ""}, .ticket = ticket};
  if (options_.second_reading && continues(segment.span) && pairs_.size() < kPairsMax) {
    std::vector<float> audio(static_cast<std::size_t>(segment.span.to - said_->read.span.from));
    copy(said_->read.span.from, audio);
    pairs_.push_back({.first = std::move(*said_), .second = said, .audio = std::move(audio)});
  }
  said_ = std::move(said);
  pending_.push_back({.event = std::move(final), .ticket = ticket, .voiced = std::move(segment.voiced)});
  if (pause_ && pause_->decoding && pause_->careful == 0) settle(pending_.back(), *pause_->decoding, out);
  if (pause_ && pause_->careful != 0) pending_.back().draft = std::move(pause_->decoding);
  if (partial_) out.cancelled.push_back(partial_->ticket);
  pause_.reset();
  partial_.reset();
  overtaken_ = 0;
  hypothesis_.clear();
  partial_hypothesis_.clear();
  partial_text_.clear();
}

void TrackListener::on_eager_end(Time now, ListenerOutput& out) {
  if (!pause_) return;  // behind: nobody is told of what is about to be decided
  pause_->eager = true;
  if (!pause_->decoding) return;
  emit_partial(*pause_, *pause_->decoding, out);
  decode_carefully(now, out);
}

// Of two pauses in three that are drafted the voice goes on. Where it probably does not, what will be the final is
// worth more work, and there is the rest of the wait for it.
void TrackListener::decode_carefully(Time now, ListenerOutput& out) {
  if (!room_ || !pause_->eager || pause_->careful != 0 || pause_->decoding->other_model) return;
  auto const left = options_.wait_finished - options_.eager_finished;
  pause_->careful = send(pause_->draft.span, {.deadline = now + left, .carefully = true}, now, out);
  out.jobs.back().again = true;
  out.jobs.back().sound = std::move(pause_->decoding->sound);
}

void TrackListener::on_resumed(ListenerOutput& out) {
  if (pause_ && std::exchange(pause_->eager, false) && pause_->decoding) emit_partial(*pause_, *pause_->decoding, out);
  drop_pause_draft(out);
}

void TrackListener::drop_pause_draft(ListenerOutput& out) {
  if (pause_ && !pause_->decoding) overtake(*pause_, out);
  if (pause_ && pause_->careful != 0) out.cancelled.push_back(pause_->careful);
  pause_.reset();
}

// Nobody waits for it. Where a worker has it already, what comes still is something to go by.
void TrackListener::overtake(Sent const& sent, ListenerOutput& out) {
  out.cancelled.push_back(sent.ticket);
  overtaken_ = sent.ticket;
}

std::vector<Token>& TrackListener::hypothesis_for(DecodeKind kind) {
  return !tokens_.shared && kind == DecodeKind::partial ? partial_hypothesis_ : hypothesis_;
}

std::uint64_t TrackListener::send(Span span, Wanted wanted, Time now, ListenerOutput& out) {
  CHECK(span.from >= base_ && span.to <= end());
  auto const kind = wanted.kind;
  bool const other_model = tokens_.partials_apart && kind == DecodeKind::partial;
  bool const behind = !other_model && continues(span) && said_->known && !said_->tokens.empty();
  auto const from = behind ? said_->read.span.from : span.from;
  std::vector<float> audio(static_cast<std::size_t>(span.to - from));
  copy(from, audio);
  out.jobs.push_back({.track = track_,
                      .ticket = next_ticket_,
                      .kind = kind,
                      .deadline = wanted.deadline,
                      .queued_at = now,
                      .audio = std::move(audio),
                      .known = hypothesis_for(kind),
                      .context = static_cast<std::size_t>(span.from - from),
                      .said = behind ? said_->tokens : std::vector<Token>{},
                      .carefully = wanted.carefully,
                      .other = other_model ? std::string() : partial_text_,
                      .keyterms = other_model ? nullptr : tokens_.keyterms});
  return next_ticket_++;
}

bool TrackListener::continues(Span span) const {
  return said_ && span.from >= said_->read.span.to && span.from - said_->read.span.to <= kContextGap &&
         span.to - said_->read.span.from <= kContextLength && said_->read.span.from >= base_;
}

void TrackListener::on_decoded(std::uint64_t ticket, Decoding decoding, Time now, ListenerOutput& out) {
  if (partial_ && partial_->ticket == ticket) {
    auto const sent = std::exchange(partial_, std::nullopt);
    hypothesis_for(DecodeKind::partial) = decoding.tokens;
    if (tokens_.partials_apart) partial_text_ = decoding.text;
    emit_partial(*sent, decoding, out);
  } else if (pause_ && pause_->ticket == ticket) {
    hypothesis_ = decoding.tokens;
    emit_partial(*pause_, decoding, out);
    auto const ending = ending_of(decoding.text);
    pause_->decoding = std::move(decoding);
    decode_carefully(now, out);
    apply(segmenter_->hint(ending), now, out);
  } else if (pause_ && pause_->careful == ticket) {
    pause_->careful = 0;
    bool const other = !decoding.skipped && decoding.text != pause_->decoding->text;
    if (!decoding.skipped) pause_->decoding = std::move(decoding);
    if (other) emit_partial(*pause_, *pause_->decoding, out);
  } else if (overtaken_ == ticket) {
    if (tokens_.shared) hypothesis_ = decoding.tokens;
  } else {
    auto const settled = std::ranges::find(pending_, ticket, &Pending::ticket);
    if (settled != pending_.end()) settle(*settled, decoding.skipped ? *settled->draft : decoding, out);
    auto const pair = std::ranges::find(pairs_, ticket, &Pair::ticket);
    if (pair != pairs_.end()) on_read_again(pair, decoding);
  }
  read_again(now, out);
  flush(out);
}

// --- the second reading ---

template <typename Change>
void TrackListener::for_each_said(Change change) {
  if (said_) change(*said_);
  for (auto& pair : pairs_) {
    change(pair.first);
    change(pair.second);
  }
}

void TrackListener::note_said(std::uint64_t ticket, Decoding const& decoding) {
  for_each_said([&](Said& said) {
    if (said.ticket != ticket) return;
    said.known = true;
    said.read.text = decoding.text;
    said.tokens = decoding.tokens;
    said.settled = decoding.other_model;
  });
}

// Those whose words are both known and told. The tokens of the first readings are the draft: where the model still
// agrees, a second reading costs the encoder and one pass.
void TrackListener::read_again(Time now, ListenerOutput& out) {
  auto const leave = [](Said const& said) { return said.known && (said.read.text.empty() || said.settled); };
  std::erase_if(pairs_, [&](Pair const& pair) { return leave(pair.first) || leave(pair.second); });
  for (auto& pair : pairs_) {
    if (pair.ticket != 0 || !pair.first.known || !pair.second.known) continue;
    auto known = pair.first.tokens;
    known.insert(known.end(), pair.second.tokens.begin(), pair.second.tokens.end());
    pair.ticket = next_ticket_++;
    out.jobs.push_back({.track = track_,
                        .ticket = pair.ticket,
                        .kind = DecodeKind::second_reading,
                        .deadline = now + kSecondReadingWithin,
                        .queued_at = now,
                        .audio = std::move(pair.audio),
                        .known = std::move(known),
                        .carefully = true,
                        .keyterms = tokens_.keyterms});
  }
}

void TrackListener::on_read_again(std::deque<Pair>::iterator pair, Decoding const& decoding) {
  auto const revised = corrections(pair->first.read, pair->second.read, decoding);
  pairs_.erase(pair);
  for (auto const& correction : revised) {
    for_each_said([&](Said& said) {
      if (said.read.span == Span{correction.from, correction.to}) said.read.text = correction.text;
    });
    auto const last = pending_.empty() || !std::holds_alternative<SpeechFinished>(pending_.back().event) ? 0 : 1;
    pending_.insert(pending_.end() - last, {.event = correction});
  }
}

// Only the newest undecided speech has partials: earlier finals that still wait for their text come first.
void TrackListener::emit_partial(Sent const& sent, Decoding const& decoding, ListenerOutput& out) {
  auto const& draft = sent.draft;
  auto const& text = decoding.text;
  if (text.empty() || !pending_.empty() || too_many_words(text, draft.voiced)) return;
  out.events.push_back(
      SpeechPartial{.from = draft.span.from,
                    .to = draft.span.to,
                    .text = text,
                    .words = recognized_words(text, decoding.words, draft.voiced, draft.span, draft.span.from),
                    .audio_at = pushed_at(draft.span.to),
                    .eager = sent.eager});
}

void TrackListener::settle(Pending& pending, Decoding const& decoding, ListenerOutput& out) {
  auto& final = std::get<SpeechFinal>(pending.event);
  auto const ticket = std::exchange(pending.ticket, 0);
  bool const too_many = too_many_words(decoding.text, pending.voiced);
  if (decoding.hallucination || too_many) ++out.hallucinations;
  if (too_many) return note_said(ticket, {});
  note_said(ticket, decoding);
  final.text = decoding.text;
  final.words = recognized_words(final.text, decoding.words, pending.voiced, {final.from, final.to}, final.from);
}

void TrackListener::flush(ListenerOutput& out) {
  while (!pending_.empty() && pending_.front().ticket == 0) {
    // Corrections come before the end.
    if (std::holds_alternative<SpeechFinished>(pending_.front().event) && !pairs_.empty()) return;
    out.events.push_back(std::move(pending_.front().event));
    pending_.pop_front();
  }
}

void TrackListener::forget_decided() {
  // Erasing moves what stays: worth it once a second, not every frame.
  auto decided = std::min(segmenter_ ? segmenter_->decided() : end(), heard_);
  if (segmenter_ && continues({decided, decided})) decided = said_->read.span.from;
  if (decided - base_ < kSampleRate && decided < end()) return;
  samples_.erase(samples_.begin(), samples_.begin() + (decided - base_));
  base_ = decided;
  while (!stamps_.empty() && stamps_.front().to < base_) stamps_.pop_front();
}

Time TrackListener::pushed_at(std::int64_t position) const {
  auto const stamp = std::ranges::lower_bound(stamps_, position, {}, &Stamp::to);
  return stamp == stamps_.end() ? stamps_.back().at : stamp->at;
}

}  // namespace sotto

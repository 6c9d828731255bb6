#include "live/speech/speech_track.h"

#include <algorithm>
#include <type_traits>

#include "base/limits.h"
#include "call/audio.h"

namespace sotto::speech {

// Below -40 dBFS: no voice that a telephone carries.
static bool is_quiet(std::span<float const> samples) { return rms(samples) < 0.01; }

SpeechTrack::SpeechTrack(EngineChain& engines, Track track, int rate, bool mono)
    : engines_(engines), track_(track), rate_(rate) {
  if (mono) speakers_.emplace();
}

void SpeechTrack::push(std::int64_t from, std::int64_t source_to, std::vector<float> samples, Time arrived, Time now) {
  if (stamps_.empty() || stamps_.back().source_to < source_to) stamps_.push_back({source_to, arrived, now});
  if (lost_) return;  // the ring keeps it
  maybe_return(from, samples, now);
  if (streams_.empty() || streams_.back().stopped) open_stream(now);
  if (lost_) return;
  if (speakers_) speakers_->push(from, samples);
  feed_shadow(from, samples, now);
  effects_.emplace_back(PushAudio{name_of(streams_.back().id), from, std::move(samples)});
}

void SpeechTrack::open_stream(Time now) {
  auto const engine = engines_.best(now);
  if (!engine) {
    lost_ = true;
    return;
  }
  engine_ = *engine;
  return_since_ = {};
  auto const id = next_id_++;
  streams_.push_back({.id = id, .engine = engine_, .opened = now});
  effects_.emplace_back(OpenStream{name_of(id), engine_, speakers_.has_value()});
}

void SpeechTrack::drop_first() {
  if (streams_.front().id != 0) effects_.emplace_back(DropStream{name_of(streams_.front().id)});
  streams_.pop_front();
}

void SpeechTrack::drop_all() {
  while (!streams_.empty()) drop_first();
}

void SpeechTrack::stop(std::int64_t source_at) {
  stops_.insert(source_at);
  bool const open = !streams_.empty() && !streams_.back().stopped;
  split();
  if (open) streams_.back().backlog = false;
}

void SpeechTrack::split() {
  if (streams_.empty() || streams_.back().stopped) return;
  streams_.back().stopped = true;
  streams_.back().backlog = true;
  effects_.emplace_back(FinishStream{name_of(streams_.back().id)});
}

// --- a backlog that no engine takes at once ---

void SpeechTrack::await_backlog(std::int64_t until) {
  streams_.push_back({.held = {}, .stopped = true, .backlog = true, .backlog_until = until});
}

std::optional<std::int64_t> SpeechTrack::backlog_due() const {
  return streams_.empty() ? std::nullopt : streams_.front().backlog_until;
}

void SpeechTrack::feed_backlog(std::vector<Piece> slice, bool more, Time now) {
  auto const until = *streams_.front().backlog_until;
  drop_first();
  std::deque<Stream> later = std::exchange(streams_, {});
  open_stream(now);
  if (lost_) {
    streams_ = std::move(later);
    return drop_all();
  }
  for (auto& [from, samples] : slice) {
    auto const size = std::clamp<std::int64_t>(until - from, 0, static_cast<std::int64_t>(samples.size()));
    if (size == 0) continue;
    samples.resize(static_cast<std::size_t>(size));
    effects_.emplace_back(PushAudio{name_of(streams_.back().id), from, std::move(samples)});
  }
  split();
  if (more) await_backlog(until);
  std::ranges::move(later, std::back_inserter(streams_));
}

// --- what the engines say ---

void SpeechTrack::on(StreamId from, SpeechEvent event, Time now) {
  if (shadow_ && shadow_->id == from.n) return on_shadow(event, now);
  auto const stream = std::ranges::find(streams_, from.n, &Stream::id);
  if (stream == streams_.end()) return;  // dropped meanwhile
  if (auto const* lost = std::get_if<SpeechLost>(&event)) return on_lost(stream->engine, stream->opened, *lost, now);
  if (!std::holds_alternative<SpeechFinished>(event)) engines_.proved(stream->engine);
  if (stream != streams_.begin()) {
    auto const* partial = std::get_if<SpeechPartial>(&event);
    bool const words = partial || std::holds_alternative<SpeechFinal>(event);
    SpeechPartial const latest = partial ? *partial : SpeechPartial{};
    if (!partial) stream->held.push_back(std::move(event));
    if (words && streams_.front().backlog) show_provisional(*stream, latest, now);
    return;
  }
  if (!std::holds_alternative<SpeechFinished>(event)) return deliver(std::move(event), now);
  drop_first();
  while (!streams_.empty() && !streams_.front().backlog_until) {
    auto held = std::exchange(streams_.front().held, {});
    bool finished = false;
    for (auto& earlier : held) {
      finished = finished || std::holds_alternative<SpeechFinished>(earlier);
      deliver(std::move(earlier), now);
    }
    if (!finished) return;
    drop_first();
  }
}

// Live words: the finals that are held, and what is being said.
void SpeechTrack::show_provisional(Stream const& stream, SpeechPartial const& partial, Time now) {
  SpeechPartial all;
  bool first = true;
  auto const add = [&](auto const& said) {
    if (said.text.empty()) return;
    if (std::exchange(first, false)) all.from = said.from;
    all.to = said.to;
    all.text += (all.text.empty() ? "" : " ") + said.text;
    all.words.insert(all.words.end(), said.words.begin(), said.words.end());
  };
  for (auto const& held : stream.held) {
    if (auto const* final = std::get_if<SpeechFinal>(&held)) add(*final);
  }
  add(partial);
  if (all.text.empty()) return;
  auto out = hypothesis(all.from, all.to, std::move(all.text), all.words, now);
  out.provisional = true;
  guess_speaker(all, out);
  spoken_to_ = std::max(spoken_to_, out.to);
  heard_.emplace_back(std::move(out));
}

void SpeechTrack::deliver(SpeechEvent event, Time now) {
  if (auto* partial = std::get_if<SpeechPartial>(&event)) {
    between_ = false;
    if (streams_.size() > 1 && streams_.front().backlog) return;  // the line shows the live words
    auto out = hypothesis(partial->from, partial->to, partial->text, partial->words, now);
    guess_speaker(*partial, out);
    out.eager = partial->eager && !speakers_;  // whose words they are is known with the final alone
    spoken_to_ = std::max(spoken_to_, out.to);
    heard_.emplace_back(std::move(out));
  } else if (auto const* final = std::get_if<SpeechFinal>(&event)) {
    deliver_final(*final, now);
  } else if (auto const* revised = std::get_if<SpeechRevised>(&event)) {
    deliver_revised(*revised, now);
  } else if (auto const* silent = std::get_if<SpeechSilent>(&event)) {
    decided_ = silent->to;
    between_ = true;
    SampleRange const range{to_source(silent->from), to_source(silent->to)};
    spoken_to_ = std::max(spoken_to_, range.to);
    heard_.emplace_back(range);
  }
}

void SpeechTrack::deliver_final(SpeechFinal const& final, Time now) {
  decided_ = final.to;
  between_ = final.reason != FinalReason::limit;
  if (speakers_) return tell_parts(final, now);
  tell_final(final.reason, final.speech_end, hypothesis(final.from, final.to, final.text, final.words, now));
}

// No reason: another speaker goes on.
void SpeechTrack::tell_final(std::optional<FinalReason> reason, std::int64_t speech_end, Hypothesis out) {
  out.final = true;
  out.speech_end = std::clamp(to_source(speech_end), out.from, out.to);
  out.reason = !reason                            ? "speaker"
               : *reason == FinalReason::endpoint ? "endpoint"
               : *reason == FinalReason::limit    ? "limit"
                                                  : "finish";
  auto const stamp = stamp_of(out.speech_end);
  out.arrived = stamp.arrived;
  out.buffered = stamp.pushed;
  spoken_to_ = std::max(spoken_to_, out.to);
  heard_.emplace_back(std::move(out));
}

void SpeechTrack::deliver_revised(SpeechRevised const& revised, Time now) {
  auto const revise = [&](std::int64_t from, std::int64_t to, std::string text,
                          std::vector<RecognizedWord> const& words) {
    auto out = hypothesis(from, to, std::move(text), words, now);
    out.revised = true;
    return out;
  };
  std::vector<Hypothesis> told;
  for (auto const& part : parts_) {
    if (part.final.from != revised.from || part.final.to != revised.to) continue;
    std::vector<RecognizedWord> words;
    std::string text;
    for (auto const& word : revised.words) {
      auto const middle = (word.from + word.to) / 2;
      bool const first = part.part.from == revised.from && middle < part.part.from;
      bool const last = part.part.to == revised.to && middle >= part.part.to;
      if (!first && !last && (middle < part.part.from || middle >= part.part.to)) continue;
      text += (text.empty() ? "" : " ") + word.text;
      words.push_back(word);
    }
    auto& out = told.emplace_back(revise(part.part.from, part.part.to, std::move(text), words));
    out.from = part.source.from;
    out.to = part.source.to;
  }
  if (told.empty()) told.push_back(revise(revised.from, revised.to, revised.text, revised.words));
  if (told.size() == 1) told.front().text = revised.text;
  for (auto& out : told) heard_.emplace_back(std::move(out));
}

// --- a track that carries both parties ---

void SpeechTrack::guess_speaker(SpeechPartial const& partial, Hypothesis& out) const {
  if (!speakers_) return;
  auto const guess = speakers_->on_partial(partial);
  out.speaker = guess.party;
  out.speaker_confidence = guess.confidence;
}

// The parts of a final's speakers, then what it changed about earlier ones.
void SpeechTrack::tell_parts(SpeechFinal final, Time now) {
  // An engine counts the voices of each stream from 0.
  for (auto& word : final.words) {
    if (word.speaker) *word.speaker += static_cast<int>(streams_.front().id % 1000) * 1000;
  }
  auto parts = speakers_->on_final(final);
  auto corrections = speakers_->take_corrections();
  speakers_->forget(final.to);
  for (std::size_t at = 0; at < parts.size(); ++at) {
    auto& part = parts[at];
    bool const last = at + 1 == parts.size();
    auto out = hypothesis(part.from, part.to, std::move(part.text), part.words, now);
    out.speaker = part.speaker.party;
    out.speaker_confidence = part.speaker.confidence;
    parts_.push_back({part.id, {final.from, final.to}, {part.from, part.to}, {out.from, out.to}});
    if (last) tell_final(final.reason, final.speech_end, std::move(out));
    else tell_final(std::nullopt, part.words.back().to, std::move(out));
  }
  for (auto const& [id, speaker] : corrections) {
    auto const part = std::ranges::find(parts_, id, &Part::id);
    if (part == parts_.end()) continue;
    heard_.emplace_back(Hypothesis{.track = track_,
                                   .revised = true,
                                   .from = part->source.from,
                                   .to = part->source.to,
                                   .speaker = speaker.party,
                                   .speaker_confidence = speaker.confidence,
                                   .recognised = now});
  }
  while (parts_.size() > Speakers::corrected_max) parts_.pop_front();
}

Hypothesis SpeechTrack::hypothesis(std::int64_t from, std::int64_t to, std::string text,
                                   std::vector<RecognizedWord> const& words, Time now) const {
  Hypothesis out{.track = track_, .from = to_source(from), .to = to_source(to), .text = std::move(text)};
  out.speech_end = out.to;
  out.recognised = now;
  auto const ms = [](std::int64_t frame) { return frame * 1000 / limits::kFrameRateHz; };
  for (auto const& word : words) {
    auto const confidence = word.confidence < 1 ? std::optional<double>(word.confidence) : std::nullopt;
    out.words.push_back({word.text, ms(word.from), ms(word.to), word.estimated, confidence});
  }
  return out;
}

// The map of stage 2, but a stream that was stopped ends at exactly the source sample where it was stopped.
std::int64_t SpeechTrack::to_source(std::int64_t frame) const {
  auto const sample = (frame * rate_ + limits::kFrameRateHz - 1) / limits::kFrameRateHz;
  auto const stop = stops_.lower_bound(sample);
  std::int64_t const rounding = rate_ / limits::kFrameRateHz + 1;
  return stop != stops_.end() && *stop - sample <= rounding ? *stop : sample;
}

SpeechTrack::Stamp SpeechTrack::stamp_of(std::int64_t source_sample) const {
  auto const stamp = std::ranges::lower_bound(stamps_, source_sample, {}, &Stamp::source_to);
  if (stamp != stamps_.end()) return *stamp;
  return stamps_.empty() ? Stamp{} : stamps_.back();
}

void SpeechTrack::on_lost(std::size_t engine, Time opened, SpeechLost const& lost, Time now) {
  lost_ = true;
  drop_all();
  engines_.failed(engine, lost.refused, opened, now);
}

void SpeechTrack::restart() {
  lost_ = false;
  drop_all();
}

// --- the way back to a better engine ---

// Between two utterances: all that was pushed is decided but for the last moments of silence.
void SpeechTrack::maybe_return(std::int64_t from, std::span<float const> samples, Time now) {
  if (engine_ == 0 || streams_.size() != 1 || streams_.front().stopped) return;
  auto const best = engines_.best(now);
  if (!best || *best >= engine_ || !engines_.trusted(*best)) return;
  if (return_since_ == Time{}) return_since_ = now;
  // Somebody who never pauses is interrupted in the end.
  bool const between = (between_ && is_quiet(samples)) || now - return_since_ > limits::kReturnPatience;
  if (!between || from - decided_ > limits::kFrameRateHz) return;
  split();
}

void SpeechTrack::feed_shadow(std::int64_t from, std::span<float const> samples, Time now) {
  if (engine_ == 0) return drop_shadow();
  if (!shadow_) {
    auto const engine = engines_.claim_probe(engine_, now);
    if (!engine) return;
    shadow_ = std::make_unique<Shadow>(engines_, *engine, next_id_++, now);
    effects_.emplace_back(OpenStream{name_of(shadow_->id), *engine, false});
  }
  if (!shadow_->from) shadow_->from = from;
  effects_.emplace_back(PushAudio{name_of(shadow_->id), from, {samples.begin(), samples.end()}});
}

void SpeechTrack::drop_shadow() {
  if (!shadow_) return;
  effects_.emplace_back(DropStream{name_of(shadow_->id)});
  shadow_.reset();
}

void SpeechTrack::on_shadow(SpeechEvent const& event, Time now) {
  if (auto const* lost = std::get_if<SpeechLost>(&event)) {
    engines_.failed(shadow_->engine, lost->refused, shadow_->opened, now);
    return drop_shadow();
  }
  std::int64_t to = 0;
  if (auto const* final = std::get_if<SpeechFinal>(&event)) to = final->to;
  if (auto const* silent = std::get_if<SpeechSilent>(&event)) to = silent->to;
  auto const heard = limits::kProbation.count() * limits::kFrameRateHz / 1'000'000;
  if (to - shadow_->from.value_or(to) < heard) return;
  engines_.proved(shadow_->engine);
  drop_shadow();
}

void SpeechTrack::forget(std::int64_t decided) {
  while (stamps_.size() > 1 && stamps_[1].source_to < decided) stamps_.pop_front();
  stops_.erase(stops_.begin(), stops_.lower_bound(decided));
}

}  // namespace sotto::speech

#include "live/capture.h"

#include <algorithm>

#include "base/check.h"

namespace sotto {

CallCapture::CallCapture(CaptureOptions& options, CallInfo info, Lease lease, std::int64_t batch, Time now)
    : info_(std::move(info)),
      engines_(options.engines),
      suspects_audio_(options.suspects_audio),
      waiting_(limits::kWaitingOfCallMax, &options.waiting),
      gate_(options.masked),
      log_(waiting_, info_.tenant, std::move(lease), batch),
      source_changed_(now),
      last_audio_(now) {}

CallCapture::CallCapture(CaptureOptions options, Opening opening, std::vector<ChecklistItem> checklist, Time now)
    : CallCapture(options, opening.info, {.call = opening.info.id, .part = Part::speech, .fence = 1}, 0, now) {
  begin(options);
  log_.open(std::move(opening));
  log_.append(CallStarted{.info = info_, .checklist = std::move(checklist)}, now);
}

CallCapture::CallCapture(CaptureOptions options, Claimed const& claimed, std::span<Event const> newest, Time now)
    : CallCapture(options, claimed.info, claimed.lease, claimed.batch, now) {
  for (auto const& [track, rows] : claimed.ledger) transcript_.restore(track, rows);
  begin(options);
  opened_ = true;
  connected_ = false;
  for (auto const& event : newest) {
    if (auto const* said = words_of(event)) last_spoken_ms_ = std::max(last_spoken_ms_, said->end_ms);
    if (event.is<UtteranceFinal>()) gate_.recall(*words_of(event));
  }
  take_back_late();  // the owner before may not have come to it
}

void CallCapture::begin(CaptureOptions& options) {
  for (auto const track : info_.tracks) {
    auto const at = transcript_.ledger(track).decided();
    tracks_[index(track)].emplace(TrackPath{
        .audio =
            audio::TrackAudio(info_.format, at, std::move(options.spools[index(track)]), &waiting_, suspects_audio_),
        .speech = speech::SpeechTrack(engines_, track, info_.format.rate, info_.mono),
        .committed = at});
  }
}

// --- 2 audio -> 3 speech ---

void CallCapture::drain_audio(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto outputs = audio.take();
  transcript_.receive(track, audio.received());
  for (auto& output : outputs) {
    if (auto* frame = std::get_if<audio::Frame>(&output)) {
      if (suspects_audio_ && suspect_.on_frame(track, frame->from, frame->samples))
        std::ranges::fill(frame->samples, 0.0f);
      speech.push(frame->from, frame->source_to, std::move(frame->samples), frame->arrived, now);
    } else if (auto const* stop = std::get_if<audio::Break>(&output)) {
      speech.stop(stop->source_at);
    } else {
      auto const& hole = std::get<audio::Hole>(output);
      LedgerRow const row{.from = hole.from, .to = hole.to, .coverage = hole.coverage, .reason = hole.reason};
      on_decided(transcript_.on_hole(track, row), nullptr, now);
      // Nobody listened: a pause is not a silence in which nobody spoke.
      if (hole.coverage == Coverage::pause) last_spoken_ms_ = std::max(last_spoken_ms_, transcript_.to_ms(hole.to));
    }
  }
  drain_speech(track, now);
}

// --- 3 speech -> 4 transcript ---

void CallCapture::on(speech::StreamId stream, SpeechEvent event, Time now) {
  path(stream.track).speech.on(stream, std::move(event), now);
  drain_speech(stream.track, now);
}

void CallCapture::drain_speech(Track track, Time now) {
  auto& speech = path(track).speech;
  for (auto& effect : speech.take_effects())
    std::visit([&](auto& one) { effects_.emplace_back(std::move(one)); }, effect);
  for (auto& heard : speech.take_heard()) on_heard(track, std::move(heard), now);
}

void CallCapture::on_heard(Track track, speech::Heard heard, Time now) {
  if (auto const* silence = std::get_if<speech::SampleRange>(&heard)) {
    gate_.on_silence(track, silence->from, silence->to);
    return pass_gate(track, now);
  }
  auto& hypothesis = std::get<Hypothesis>(heard);
  auto const verdict = judge(hypothesis);
  if (verdict == audio::SuspectAudio::Verdict::copy) {  // the other party's words: they stand on its own track
    if (!hypothesis.final) return;
    gate_.on_silence(track, hypothesis.from, hypothesis.to);
    return pass_gate(track, now);
  }
  if (verdict == audio::SuspectAudio::Verdict::distorted) {
    if (!hypothesis.final) return;
    hypothesis.distorted = true;
    hypothesis.text.clear();
    hypothesis.words.clear();
  }
  if (hypothesis.revised) {
    if (auto const safe = gate_.revised(std::move(hypothesis))) on_revised(*safe, now);
    return;
  }
  last_spoken_ms_ = std::max(last_spoken_ms_, transcript_.to_ms(hypothesis.speech_end));
  if (!hypothesis.final) return on_partial(std::move(hypothesis), now);
  gate_.on_final(std::move(hypothesis), now);
  for (auto const either : info_.tracks) pass_gate(either, now);  // a number read back settles it on both
}

void CallCapture::on_partial(Hypothesis hypothesis, Time now) {
  auto const before = std::exchange(newest_[index(hypothesis.track)], {hypothesis.from, now});
  auto const gap = before.from == hypothesis.from ? std::optional(now - before.at) : std::nullopt;
  bool const provisional = hypothesis.provisional;
  // Digits that may go on as a card are held, and with them what follows: their final does not come soon.
  bool const eager = hypothesis.eager && !gate_.holds(hypothesis.track);
  auto partial = transcript_.partial(gate_.partial(std::move(hypothesis)));
  if (partial.text.empty()) return;
  effects_.emplace_back(TellPartial{
      .event = {.call = info_.id,
                .tenant = info_.tenant,
                .time = now,
                .body = Partial{.utterance = std::move(partial), .provisional = provisional, .eager = eager}},
      .gap = gap});
}

audio::SuspectAudio::Verdict CallCapture::judge(Hypothesis const& hypothesis) const {
  auto const at = [&](std::int64_t sample) { return audio::to_frames(sample, info_.format.rate); };
  return suspect_.judge(hypothesis.track, at(hypothesis.from), at(hypothesis.to));
}

// What the gate lets go on: silence and words of a track in their order.
void CallCapture::pass_gate(Track track, Time now) {
  if (ending_ && path(track).speech.idle() && !path(track).speech.lost()) gate_.settle(track);
  while (auto const passed = gate_.take(track, now)) {
    if (auto const* silence = std::get_if<transcript::PrivacyGate::Silence>(&*passed)) {
      on_decided(transcript_.on_silence(track, silence->from, silence->to), nullptr, now);
      continue;
    }
    auto const& heard = std::get<transcript::PrivacyGate::Safe>(*passed);
    if (heard->revised) on_revised(heard, now);
    else on_decided(transcript_.on_final(heard, log_.full()), &*heard, now);
  }
  take_back_late();
}

void CallCapture::take_back_late() {
  for (auto& late : gate_.take_late()) effects_.emplace_back(std::move(late));
}

// A correction is stored and published as the final was; what the wrong words caused is judged again by the guide.
void CallCapture::on_revised(transcript::PrivacyGate::Safe const& heard, Time now) {
  auto const corrected = transcript_.on_revised(heard);
  if (!corrected) return;
  ++counters_.revised;
  UtteranceRevised revised{.utterance = corrected->utterance};
  if (corrected->was != corrected->utterance.text) revised.was = corrected->was;
  if (corrected->was_speaker != corrected->utterance.speaker) revised.was_speaker = corrected->was_speaker;
  auto const spoken = Time(t0(now) + spoken_in(heard->to));
  log_.append(std::move(revised), now,
              {.spoken = spoken, .arrived = spoken, .buffered = spoken, .recognised = heard->recognised});
}

// --- 4 transcript: decided, on its way to the log ---

void CallCapture::on_decided(transcript::Decided decided, Hypothesis const* hypothesis, Time now) {
  for (auto const& [track, row] : decided.gaps) {
    log_.append(CoverageGap{.call = info_.id,
                            .track = track,
                            .from = row.from,
                            .to = row.to,
                            .start_ms = transcript_.to_ms(row.from),
                            .end_ms = transcript_.to_ms(row.to),
                            .reason = row.reason},
                now);
  }
  if (decided.utterance) {
    CHECK(hypothesis);
    log_.append(UtteranceFinal{*decided.utterance}, now,
                {.spoken = Time(t0(hypothesis->arrived) + spoken_in(hypothesis->speech_end)),
                 .arrived = hypothesis->arrived,
                 .buffered = hypothesis->buffered,
                 .recognised = hypothesis->recognised});
  }
  log_.append(transcript_.take_updates());
  if (!ending_) return;
  ending_heard_ = now;
  may_be_over_ = true;
}

void CallCapture::on_appended(std::int64_t first, Time now) {
  opened_ = true;
  log_.on_appended(first, now);
  for (auto const& update : log_.take_stored()) {
    auto& [audio, speech, committed] = path(update.track);
    committed = std::max(committed, update.decided_after);
    audio.forget(committed);
    speech.forget(committed);
  }
}

void CallCapture::on_append_failed(Error const& error, Time now) { log_.on_failed(error, now); }

// --- time, and what there is to do ---

void CallCapture::tick(Time now, bool suggestions) {
  for (auto const track : info_.tracks) {
    path(track).audio.tick(now);
    drain_audio(track, now);
    if (path(track).speech.can_restart(now)) restart_speech(track, now);
    if (path(track).speech.backlog_due()) feed_slice(track, now);
    if (gate_.holds(track)) pass_gate(track, now);
  }
  watch_source(now);
  watch_health(now, suggestions);
  if (ending_) may_be_over_ = true;
  log_.tick(now);
  beat(now);
}

void CallCapture::beat(Time now) {
  bool const quiet_counts = any_audio_ && connected_ && !paused();
  Beat beat{.call = info_.id,
            .tenant = info_.tenant,
            .media_ms = media_ms(),
            .running_ms = running_ms(now),
            .quiet_ms = quiet_counts ? media_ms() - last_spoken_ms_ : 0,
            .lag_ms = lag_ms(),
            .ending = ending_.has_value()};
  if (now - coverage_told_ >= limits::kBeat) {
    coverage_told_ = now;
    beat.coverage = coverage();
  }
  effects_.emplace_back(std::move(beat));
}

std::vector<CaptureEffect> CallCapture::take(Time now) {
  if (std::exchange(may_be_over_, false)) close_when_decided(now);
  for (auto& told : log_.take_told()) effects_.emplace_back(std::move(told));
  if (auto batch = log_.take_batch(now)) effects_.emplace_back(std::move(*batch));
  return std::exchange(effects_, {});
}

}  // namespace sotto

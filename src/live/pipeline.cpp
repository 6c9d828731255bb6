#include "live/pipeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"

namespace sotto {

namespace json = boost::json;

CallPath::CallPath(PathContext const& context, CallInfo info, std::string resume_digest)
    : context_(context), info_(std::move(info)), resume_digest_(std::move(resume_digest)), transcript_(info_),
      outbox_(context.store, context.clock, context.memory, *this, info_.id, info_.tenant), feed_(1) {
  start(1);
  outbox_.open(info_, resume_digest_);
  append(event_type::call_started, to_json(info_));
}

CallPath::CallPath(PathContext const& context, StoredCall const& stored)
    : context_(context), info_(stored.info), resume_digest_(stored.resume_digest), transcript_(info_),
      outbox_(context.store, context.clock, context.memory, *this, info_.id, info_.tenant,
              stored.events.empty() ? 0 : stored.events.back().number),
      feed_(stored.epoch) {
  for (auto const& [track, rows] : stored.ledger) transcript_.restore(track, rows);
  feed_.restore(stored.events);
  start(stored.epoch);
  connected_ = false;
}

CallPath::~CallPath() = default;

void CallPath::start(std::int64_t) {
  for (auto const track : info_.tracks) {
    auto const at = transcript_.ledger(track).decided();
    tracks_[index(track)].emplace(TrackPath{
        .audio = audio::TrackAudio(info_.format, at),
        .speech = speech::SpeechTrack(context_.recognizer, track, info_.format.rate, context_.clock,
                                      [this, track](speech::Heard heard) { on_heard(track, std::move(heard)); }),
        .committed = at});
  }
  subscription_ = context_.bus.subscribe(info_.id, [this](Event const& event) { on_bus(event); });
  source_changed_ = last_audio_ = context_.clock.now();
}

// --- 1 ingest: packets, pauses, the end -------------------------------------------------------------------------------

Result<void> CallPath::on_packet(AudioPacket packet) {
  if (ending_) return {};
  if (!tracks_[index(packet.track)]) return fail("unknown_track", "this call has no such track");
  auto const now = packet.arrived;
  auto const track = packet.track;
  any_audio_ = true;
  last_audio_ = now;
  auto const end = packet.first_sample + static_cast<std::int64_t>(packet.bytes.size()) / info_.format.bytes_per_sample();
  auto const accepted = path(track).audio.accept(std::move(packet));
  context_.metrics.count(Counter::packets);
  if (accepted == audio::Accepted::duplicate) context_.metrics.count(Counter::packets_duplicate);
  if (accepted == audio::Accepted::too_far) {
    context_.metrics.count(Counter::packets_refused);
    return fail("bad_sample", "the packet's first sample is more than an hour ahead of the audio received");
  }
  auto const spoken = Duration(static_cast<std::int64_t>(1e6 * end / (info_.format.rate * info_.speed)));
  auto const offset = now.time_since_epoch() - spoken;
  t0_ = t0_ ? std::min(*t0_, offset) : offset;
  drain_audio(track, now);
  return {};
}

void CallPath::on_pause(std::optional<std::int64_t> sample, std::string const& by) {
  if (ending_ || paused()) return;
  auto const now = context_.clock.now();
  std::int64_t newest = 0;
  for (auto const track : info_.tracks) newest = std::max(newest, path(track).audio.received());
  auto const from = sample.value_or(newest);
  for (auto const track : info_.tracks) {
    path(track).audio.pause(from);
    auto const received = transcript_.ledger(track).received();
    if (from < received) {  // reaches back: what has no words yet gets none
      on_decided(transcript_.on_hole(track, {.from = from, .to = received, .coverage = Coverage::pause}), nullptr, now);
    }
  }
  append(event_type::call_paused, {{"call", info_.id}, {"by", by}, {"sample", from}, {"at_ms", transcript_.to_ms(from)}});
}

void CallPath::on_resume(std::optional<std::int64_t> sample, std::string const& by) {
  if (ending_ || !paused()) return;
  auto const now = context_.clock.now();
  for (auto const track : info_.tracks) {
    path(track).audio.resume(sample);
    drain_audio(track, now);
  }
  std::int64_t at = sample.value_or(0);
  for (auto const track : info_.tracks) at = std::max(at, path(track).audio.received());
  append(event_type::call_resumed, {{"call", info_.id}, {"by", by}, {"sample", at}, {"at_ms", transcript_.to_ms(at)}});
}

void CallPath::on_end(EndReason reason) {
  if (ending_) return;
  ending_ = reason;
  ending_since_ = context_.clock.now();
  for (auto const track : info_.tracks) {
    path(track).audio.end();
    drain_audio(track, ending_since_);
  }
  close_when_decided(ending_since_);
}

void CallPath::on_source(bool connected) {
  if (connected_ == connected) return;
  connected_ = connected;
  source_changed_ = last_audio_ = context_.clock.now();
  if (connected) context_.metrics.count(Counter::ingest_reconnects);
}

// --- 2 audio -> 3 speech ----------------------------------------------------------------------------------------------

void CallPath::drain_audio(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto outputs = audio.take();
  transcript_.receive(track, audio.received());
  for (auto& output : outputs) {
    if (auto* frame = std::get_if<audio::Frame>(&output)) {
      speech.push(frame->from, frame->source_to, frame->samples, frame->arrived, now);
    } else if (auto const* stop = std::get_if<audio::Break>(&output)) {
      speech.stop(stop->source_at);
    } else {
      auto const& hole = std::get<audio::Hole>(output);
      LedgerRow const row{.from = hole.from, .to = hole.to, .coverage = hole.coverage, .reason = hole.reason};
      on_decided(transcript_.on_hole(track, row), nullptr, now);
    }
  }
}

void CallPath::restart_speech(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  context_.metrics.count(Counter::recogniser_losses);
  speech.restart();
  for (auto const& frame : audio.replay(transcript_.ledger(track).decided())) {
    speech.push(frame.from, frame.source_to, frame.samples, frame.arrived, now);
  }
  if (ending_) speech.stop(audio.received());
}

// --- 3 speech -> 4 transcript -----------------------------------------------------------------------------------------

void CallPath::on_heard(Track track, speech::Heard heard) {
  auto const now = context_.clock.now();
  if (auto const* silence = std::get_if<speech::SampleRange>(&heard)) {
    on_decided(transcript_.on_silence(track, silence->from, silence->to), nullptr, now);
    return;
  }
  auto const& hypothesis = std::get<Hypothesis>(heard);
  last_spoken_ms_ = std::max(last_spoken_ms_, transcript_.to_ms(hypothesis.speech_end));
  if (hypothesis.final) {
    context_.metrics.observe(Histogram::recognition, hypothesis.recognised - hypothesis.buffered);
    on_decided(transcript_.on_final(hypothesis, outbox_.full()), &hypothesis, now);
    return;
  }
  auto const partial = transcript_.partial(hypothesis);
  if (partial.text.empty()) return;
  context_.bus.publish({.call = info_.id,
                        .tenant = info_.tenant,
                        .number = outbox_.last_number(),
                        .type = event_type::partial,
                        .time = now,
                        .data = to_json(partial)});
}

// --- 4 transcript: decided, stored, then published --------------------------------------------------------------------

void CallPath::on_decided(transcript::Decided decided, Hypothesis const* hypothesis, Time now) {
  for (auto const& [track, row] : decided.gaps) {
    append(event_type::coverage_gap, {{"call", info_.id},
                                      {"track", name(track)},
                                      {"from", row.from},
                                      {"to", row.to},
                                      {"start_ms", transcript_.to_ms(row.from)},
                                      {"end_ms", transcript_.to_ms(row.to)},
                                      {"reason", row.reason}});
  }
  if (decided.utterance) {
    CHECK(hypothesis);
    auto const spoken_after = Duration(static_cast<std::int64_t>(1e6 * hypothesis->speech_end / (info_.format.rate * info_.speed)));
    PathStamps stamps{.spoken = Time(t0_.value_or(Duration(0)) + spoken_after),
                      .arrived = hypothesis->arrived,
                      .buffered = hypothesis->buffered,
                      .recognised = hypothesis->recognised,
                      .built = context_.clock.now()};
    auto const number = outbox_.append(event_type::utterance_final, to_json(*decided.utterance), now);
    stamps_.emplace(number, stamps);
    context_.metrics.observe(Histogram::utterance, stamps.built - stamps.recognised);
  }
  outbox_.append(transcript_.take_updates());
  if (decided.utterance || !decided.gaps.empty()) outbox_.flush(now);
  if (ending_) close_when_decided(now);
}

void CallPath::on_outbox_publish(Event const& event, Time stored) {
  if (auto const found = stamps_.find(event.number); found != stamps_.end()) {
    found->second.stored = stored;
    if (!event.unpersisted) context_.metrics.observe(Histogram::store_commit, stored - found->second.built);
  }
  context_.bus.publish(event);
}

void CallPath::on_outbox_committed(std::vector<TrackUpdate> const& tracks) {
  for (auto const& update : tracks) {
    auto& [audio, speech, committed] = path(update.track);
    committed = std::max(committed, update.decided_after);
    audio.forget(committed);
    speech.forget(committed);
  }
}

// --- 4 -> 5 orchestrator, 8 delivery: both follow the bus -------------------------------------------------------------

void CallPath::on_bus(Event const& event) {
  auto const now = context_.clock.now();
  feed_.on_event(event, now);
  if (event.type == event_type::utterance_final) {
    if (auto found = stamps_.extract(event.number)) {
      found.mapped().published = now;
      context_.metrics.observe(Histogram::bus, now - found.mapped().stored);
    }
  }
}

Result<void> CallPath::on_displayed(delivery::Displayed const&) { return {}; }
Result<void> CallPath::on_dismissed(std::string const&) { return {}; }

// --- time -------------------------------------------------------------------------------------------------------------

void CallPath::tick() {
  auto const now = context_.clock.now();
  for (auto const track : info_.tracks) {
    path(track).audio.tick(now);
    drain_audio(track, now);
    if (path(track).speech.lost() && now >= path(track).speech.retry_at()) restart_speech(track, now);
  }
  watch_source(now);
  watch_health(now);
  if (ending_) close_when_decided(now);
  outbox_.tick(now);
  feed_.tick(now, media_ms(), [this] { return coverage(); });
}

void CallPath::watch_source(Time now) {
  if (ending_) return;
  if (!connected_ && now - source_changed_ >= limits::lost_after) on_end(EndReason::lost);
  if (connected_ && !paused() && now - last_audio_ >= limits::silent_after) on_end(EndReason::silent);
}

Health CallPath::measure_health(Time now) {
  Health health;
  auto const lag = lag_ms();
  if (lag > limits::captions_caught_up.count() / 1000) lag_calm_since_ = now;
  bool const late = lag > limits::captions_delayed_after.count() / 1000;
  bool const still = health_.captions == "delayed" && now - lag_calm_since_ < limits::captions_calm;
  health.captions = !context_.recognizer.up() ? "stopped" : late || still ? "delayed" : "live";
  health.saved = outbox_.saved();
  health.audio = !connected_                                       ? "lost"
                 : paused()                                        ? "paused"
                 : now - last_audio_ >= limits::no_audio_after     ? "none"
                 : !any_audio_                                     ? "waiting"
                                                                   : "ok";
  return health;
}

void CallPath::watch_health(Time now) {
  if (closed_) return;
  auto health = measure_health(now);
  if (health == health_) return;
  health_ = health;
  health.lag_ms = health.captions == "live" ? 0 : lag_ms();
  auto data = to_json(health);
  data["call"] = info_.id;
  append(event_type::call_health, std::move(data));
}

// Ended: when every track is decided (or the recogniser had its time), the last event is written and the call is closed.
void CallPath::close_when_decided(Time now) {
  if (closed_) return;
  bool decided = true;
  for (auto const track : info_.tracks) decided = decided && path(track).speech.idle() && !path(track).speech.lost();
  if (!decided && now - ending_since_ < limits::finish_timeout) return;
  closed_ = true;
  on_decided(transcript_.close("recogniser_lost"), nullptr, now);
  append(event_type::call_ended, {{"call", info_.id},
                                  {"reason", name(*ending_)},
                                  {"duration_ms", media_ms()},
                                  {"coverage", coverage()}});
  outbox_.end();
  outbox_.flush(now);
  context_.metrics.count(Counter::calls_ended);
}

// --- what others ask --------------------------------------------------------------------------------------------------

void CallPath::append(std::string type, json::object data) {
  auto const now = context_.clock.now();
  outbox_.append(std::move(type), std::move(data), now);
  outbox_.flush(now);
}

bool CallPath::paused() const {
  return std::ranges::any_of(tracks_, [](auto const& track) { return track && track->audio.paused(); });
}

std::vector<ingest::TrackProgress> CallPath::progress() const {
  std::vector<ingest::TrackProgress> out;
  for (auto const track : info_.tracks) {
    auto const& path = *tracks_[index(track)];
    out.push_back({.track = track, .received = path.audio.received(), .committed = path.committed});
  }
  return out;
}

std::int64_t CallPath::media_ms() const {
  std::int64_t newest = 0;
  for (auto const track : info_.tracks) newest = std::max(newest, tracks_[index(track)]->audio.received());
  return transcript_.to_ms(newest);
}

std::int64_t CallPath::lag_ms() const {
  std::int64_t lag = 0;
  for (auto const track : info_.tracks) {
    auto const& path = *tracks_[index(track)];
    auto const spoken = std::max(path.speech.spoken_to(), transcript_.ledger(track).decided());
    lag = std::max(lag, path.audio.received() - spoken);
  }
  return static_cast<std::int64_t>(transcript_.to_ms(lag) / info_.speed);
}

std::map<Track, std::vector<LedgerRow>> CallPath::ledgers() const {
  std::map<Track, std::vector<LedgerRow>> out;
  for (auto const track : info_.tracks) out.emplace(track, transcript_.ledger(track).rows());
  return out;
}

json::object CallPath::coverage() const {
  json::object out;
  for (auto const track : info_.tracks) {
    auto const sum = totals(transcript_.ledger(track).rows());
    auto const ms = [&](std::int64_t samples) { return transcript_.to_ms(samples); };
    out[name(track)] = json::object{{"received_ms", ms(sum.received)}, {"final_ms", ms(sum.final)},
                                    {"silence_ms", ms(sum.silence)},   {"pause_ms", ms(sum.pause)},
                                    {"gap_ms", ms(sum.gap)},           {"pending_ms", ms(sum.pending)},
                                    {"gaps", sum.gaps},                {"heard", sum.heard()}};
  }
  return out;
}

}  // namespace sotto

// Of the capture (capture.h): what time does to a call (sources that leave, health, the end) and what others may ask.
#include <algorithm>

#include "base/limits.h"
#include "live/capture.h"

namespace sotto {

void CallCapture::watch_source(Time now) {
  if (ending_) return;
  if (!connected_ && now - source_changed_ >= limits::kLostAfter) end(EndReason::lost, now);
  if (connected_ && !paused() && now - last_audio_ >= limits::kSilentAfter) end(EndReason::silent, now);
}

// t0 is the least delay of any packet; but a source's clock may be slower than ours, and what was the least grows with
// every minute. So the least of long ago counts for less and less (docs/adr/0004).
void CallCapture::watch_source_clock(std::int64_t sample, Time arrived) {
  auto const offset = arrived.time_since_epoch() - spoken_in(sample);
  if (t0_ && offset > t0(arrived)) return;
  t0_ = offset;
  t0_at_ = arrived;
}

Duration CallCapture::t0(Time at) const {
  return t0_.value_or(Duration(0)) + (at - t0_at_) * limits::kSourceClockPpm / 1'000'000;
}

Health CallCapture::measure_health(Time now, bool suggestions) {
  Health health;
  auto const lag = lag_ms();
  // Calm is what was watched: a process that stood still has seen nothing of the time that passed.
  bool const watched = now - health_measured_ <= limits::kBeat;
  health_measured_ = now;
  if (lag > limits::kCaptionsCaughtUp.count() / 1000 || !watched) lag_calm_since_ = now;
  bool const late = lag > limits::kCaptionsDelayedAfter.count() / 1000;
  bool const still = health_.captions == "delayed" && now - lag_calm_since_ < limits::kCaptionsCalm;
  bool const degraded =
      std::ranges::any_of(tracks_, [](auto const& track) { return track && track->speech.degraded(); });
  health.captions = !engines_.up(now) ? "stopped" : late || still ? "delayed" : degraded ? "degraded" : "live";
  health.saved = log_.saved();
  health.suggestions = suggestions ? "on" : "paused";
  health.audio = !connected_                                  ? "lost"
                 : paused()                                   ? "paused"
                 : now - last_audio_ >= limits::kNoAudioAfter ? "none"
                 : !any_audio_                                ? "waiting"
                                                              : "ok";
  return health;
}

void CallCapture::watch_health(Time now, bool suggestions) {
  if (closed_) return;
  auto health = measure_health(now, suggestions);
  if (health == health_) return;
  health_ = health;
  health.lag_ms = health.captions == "live" ? 0 : lag_ms();
  log_.append(HealthChanged{.health = std::move(health), .call = info_.id}, now);
}

// Ended: when every track is decided (or the recogniser decides nothing more), the last event is written and the call
// is closed. A backlog may take longer than the timeout, at the pace of its provider.
void CallCapture::close_when_decided(Time now) {
  if (closed_) return;
  bool decided = true;
  for (auto const track : info_.tracks) {
    decided = decided && path(track).speech.idle() && !path(track).speech.lost() && !gate_.holds(track);
  }
  if (!decided && now - ending_heard_ < limits::kFinishTimeout) return;
  for (auto const track : info_.tracks) {
    gate_.settle(track);
    pass_gate(track, now);
  }
  closed_ = true;
  on_decided(transcript_.close("recogniser_lost"), nullptr, now);
  log_.append(CallEnded{.call = info_.id, .reason = *ending_, .duration_ms = media_ms(), .coverage = coverage()}, now);
  log_.finish();
}

// --- what others ask ---

bool CallCapture::paused() const {
  return std::ranges::any_of(tracks_, [](auto const& track) { return track && track->audio.paused(); });
}

std::vector<ingest::TrackProgress> CallCapture::progress() const {
  std::vector<ingest::TrackProgress> out;
  for (auto const track : info_.tracks) {
    auto const& path = *tracks_[index(track)];
    out.push_back({.track = track,
                   .received = numbers_.to_source(path.audio.received()),
                   .committed = numbers_.to_source(path.committed)});
  }
  return out;
}

std::int64_t CallCapture::media_ms() const {
  std::int64_t newest = 0;
  for (auto const track : info_.tracks) newest = std::max(newest, tracks_[index(track)]->audio.received());
  return transcript_.to_ms(newest);
}

std::int64_t CallCapture::running_ms(Time now) const {
  if (!paused() || !connected_) return media_ms();
  auto const unsent = static_cast<double>((now - last_audio_).count()) / 1000;
  return media_ms() + static_cast<std::int64_t>(unsent * info_.speed);
}

std::int64_t CallCapture::lag_ms() const {
  std::int64_t lag = 0;
  for (auto const track : info_.tracks) {
    auto const& path = *tracks_[index(track)];
    auto const spoken = std::max(path.speech.spoken_to(), transcript_.ledger(track).decided());
    lag = std::max(lag, path.audio.received() - spoken);
  }
  return static_cast<std::int64_t>(transcript_.to_ms(lag) / info_.speed);
}

std::map<Track, std::vector<LedgerRow>> CallCapture::ledgers() const {
  std::map<Track, std::vector<LedgerRow>> out;
  for (auto const track : info_.tracks) out.emplace(track, transcript_.ledger(track).rows());
  return out;
}

Held CallCapture::held() const {
  Held held{.waiting = log_.waiting()};
  for (auto const track : info_.tracks) {
    auto const& path = *tracks_[index(track)];
    held.audio_ms = std::max(held.audio_ms, transcript_.to_ms(path.audio.kept()));
    held.stamps += path.speech.stamps();
    held.ledger_rows += transcript_.ledger(track).rows().size();
  }
  return held;
}

std::map<Track, TrackCoverage> CallCapture::coverage() const {
  std::map<Track, TrackCoverage> out;
  for (auto const track : info_.tracks) out[track] = in_ms(totals(transcript_.ledger(track).rows()), info_.format.rate);
  return out;
}

}  // namespace sotto

// Of the capture (capture.h), 1 ingest -> 2 audio: what the source does. Packets, pauses, the end.
#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "live/capture.h"

namespace sotto {

Result<void> CallCapture::on(AudioPacket packet) {
  if (ending_) return {};
  if (!tracks_[index(packet.track)]) return fail("unknown_track", "this call has no such track");
  auto const now = packet.arrived;
  auto const track = packet.track;
  any_audio_ = true;
  last_audio_ = now;
  if (numbers_.is_behind(packet, {path(track).audio.received(), path(track).committed})) {
    ++counters_.packets;
    ++counters_.duplicates;
    return numbers_.began_again() ? begin_numbers_again(now) : Result<void>();
  }
  packet.first_sample = numbers_.to_call(packet.first_sample);
  return accept(std::move(packet));
}

// From here on samples are places in the call.
Result<void> CallCapture::accept(AudioPacket packet) {
  auto const now = packet.arrived;
  auto const track = packet.track;
  auto const end =
      packet.first_sample + static_cast<std::int64_t>(packet.bytes.size()) / info_.format.bytes_per_sample();
  auto const accepted = path(track).audio.accept(std::move(packet));
  ++counters_.packets;
  if (accepted == audio::Accepted::duplicate) ++counters_.duplicates;
  if (accepted == audio::Accepted::too_far) {
    ++counters_.refused;
    return fail("bad_sample", "the packet's first sample is more than an hour ahead of the audio received");
  }
  watch_source_clock(end, now);
  drain_audio(track, now);
  return {};
}

// What the source sends now lies behind what was received, at the time of the call's clock; both tracks show the seam.
Result<void> CallCapture::begin_numbers_again(Time now) {
  auto place = running_ms(now) * info_.format.rate / 1000;
  for (auto const track : info_.tracks) place = std::max(place, path(track).audio.received() + info_.format.rate / 50);
  for (auto const track : info_.tracks) {
    path(track).audio.skip(place, "samples_restarted");
    drain_audio(track, now);
  }
  for (auto& packet : numbers_.move_to(place)) {
    if (auto accepted = accept(std::move(packet)); !accepted) return accepted;
  }
  return fail("samples_restarted",
              "the sample numbers began again; the audio is taken as new and goes on behind what was received");
}

Result<void> CallCapture::pause(std::optional<std::int64_t> sample, std::string const& by, Time now) {
  if (ending_ || paused()) return {};
  std::erase_if(pauses_, [&](Time at) { return now - at >= 1s; });
  if (std::ssize(pauses_) >= limits::kPausesASecondMax || pauses_count_ >= limits::kPausesMax) {
    return fail("too_many_pauses",
                fmt::format("at most {} pauses a second and {} a call", limits::kPausesASecondMax, limits::kPausesMax));
  }
  pauses_.push_back(now);
  ++pauses_count_;
  std::int64_t newest = 0;
  for (auto const track : info_.tracks) newest = std::max(newest, path(track).audio.received());
  auto const from = sample ? numbers_.to_call(*sample) : newest;
  for (auto const track : info_.tracks) {
    path(track).audio.pause(from);
    drain_audio(track, now);
    gate_.settle(track);  // its words are not lost to the pause, which may reach back
    pass_gate(track, now);
    auto const received = transcript_.ledger(track).received();
    if (from < received) {  // reaches back: what has no words yet gets none
      on_decided(transcript_.on_hole(track, {.from = from, .to = received, .coverage = Coverage::pause}), nullptr, now);
    }
  }
  log_.append(CallPaused{.call = info_.id, .by = by, .sample = from, .at_ms = transcript_.to_ms(from)}, now);
  return {};
}

void CallCapture::resume(std::optional<std::int64_t> sample, std::string const& by, Time now) {
  if (ending_ || !paused()) return;
  auto const resumes = running_ms(now) * info_.format.rate / 1000;
  if (sample) sample = numbers_.to_call(*sample);
  for (auto const track : info_.tracks) {
    path(track).audio.resume(sample);
    drain_audio(track, now);
  }
  // Where it goes on is known exactly with the next packet; until then the call's clock tells.
  std::int64_t at = sample.value_or(resumes);
  for (auto const track : info_.tracks) at = std::max(at, path(track).audio.received());
  log_.append(CallResumed{.call = info_.id, .by = by, .sample = at, .at_ms = transcript_.to_ms(at)}, now);
}

// The audio goes on as it is; whoever guides and follows the call learns of it by the event.
Result<void> CallCapture::hand_over(std::string agent, std::string team, Time now) {
  if (ending_ || (agent == info_.agent && team == info_.team)) return {};
  if (++transfers_count_ > limits::kTransfersMax)
    return fail("too_many_transfers", fmt::format("at most {} a call", limits::kTransfersMax));
  info_.agent = std::move(agent);
  info_.team = std::move(team);
  log_.append(AgentChanged{.call = info_.id, .agent = info_.agent, .team = info_.team, .at_ms = running_ms(now)}, now);
  return {};
}

void CallCapture::end(EndReason reason, Time now) {
  if (ending_) return;
  ending_ = reason;
  ending_heard_ = now;
  for (auto const track : info_.tracks) {
    path(track).audio.end();
    drain_audio(track, now);
  }
}

void CallCapture::source(bool connected, Time now) {
  if (connected_ == connected) return;
  connected_ = connected;
  if (connected) numbers_.on_resumed();
  source_changed_ = last_audio_ = now;
  if (connected) ++counters_.reconnects;
}

}  // namespace sotto

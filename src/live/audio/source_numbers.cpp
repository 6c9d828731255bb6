#include "live/audio/source_numbers.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace sotto::audio {

static std::int64_t samples_in(Duration duration, int rate) { return duration.count() * rate / 1'000'000; }

bool SourceNumbers::is_behind(AudioPacket const& packet, Known const& known) {
  auto& run = runs_[index(packet.track)];
  auto const place = to_call(packet.first_sample), end = place + length_of(packet);
  if (end > known.received) {
    resumed_ = false;
    run = {};
    return false;
  }
  // After a resume what was not committed comes again, and what the source did not know to be.
  auto const usual = resumed_ ? known.committed - samples_in(limits::kResentMost, format_.rate)
                              : known.received - samples_in(limits::kBehindUsual, format_.rate);
  bool const goes_on = run.samples > 0 && packet.first_sample == run.next;
  if (!goes_on) run = {};
  if (!goes_on && place >= usual) return false;
  run.next = packet.first_sample + length_of(packet);
  run.samples += length_of(packet);
  run.packets.push_back(packet);
  return true;
}

bool SourceNumbers::began_again() const {
  return std::ranges::any_of(
      runs_, [&](Run const& run) { return run.samples >= samples_in(limits::kBeganAgainAfter, format_.rate); });
}

std::vector<AudioPacket> SourceNumbers::move_to(std::int64_t place) {
  std::int64_t first = INT64_MAX;
  for (auto const& run : runs_) {
    if (!run.packets.empty()) first = std::min(first, run.packets.front().first_sample);
  }
  shift_ = place - first;
  std::vector<AudioPacket> out;
  for (auto& run : runs_) {
    for (auto& packet : std::exchange(run, {}).packets) out.push_back(std::move(packet));
  }
  for (auto& packet : out) packet.first_sample = to_call(packet.first_sample);
  return out;
}

}  // namespace sotto::audio

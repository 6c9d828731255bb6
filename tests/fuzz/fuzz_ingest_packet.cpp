// Whatever packets a source sends, in whatever order: stage 2 puts out every source sample once, in order.
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "live/audio/track_audio.h"
#include "live/ingest/messages.h"

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  CallInfo call{.id = "fuzz", .tracks = {Track::customer, Track::agent}};
  audio::TrackAudio audio(call.format);
  std::span<std::uint8_t const> rest(data, size);
  std::int64_t step = 0;
  while (rest.size() > 1) {
    auto const length = std::min<std::size_t>(rest[0], rest.size() - 1);
    auto packet = ingest::decode_packet(rest.subspan(1, length), call, Time(Duration(++step * 20'000)));
    rest = rest.subspan(1 + length);
    if (!packet || packet->track != Track::customer) continue;
    if (packet->first_sample % 5 == 0) audio.pause(packet->first_sample);
    if (packet->first_sample % 7 == 0) audio.resume(packet->first_sample);
    audio.accept(std::move(*packet));
    audio.tick(Time(Duration(step * 20'000)));
  }
  audio.end();
  std::int64_t at = 0;
  for (auto const& output : audio.take()) {
    if (auto const* frame = std::get_if<audio::Frame>(&output)) {
      if (frame->from != at * 2) std::abort();
      at += static_cast<std::int64_t>(frame->samples.size()) / 2;
    } else if (auto const* hole = std::get_if<audio::Hole>(&output)) {
      if (hole->from != at) std::abort();
      at = hole->to;
    }
  }
  if (at != audio.received()) std::abort();
  return 0;
}

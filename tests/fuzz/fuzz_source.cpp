// A source that sends, pauses, resumes, falls silent and comes back with any numbers, and a recogniser that decides and
// starts anew: every source sample comes out once, in order, and what waits stays within its budget.
// max_len: 4096
#include <cstdlib>

#include <fuzzer/FuzzedDataProvider.h>

#include "base/limits.h"
#include "live/audio/track_audio.h"

using namespace sotto;

namespace {

constexpr std::size_t kBudget = 1 << 20;

struct Out {
  std::int64_t at = 0;  // source samples that came out
  bool any_frame = false;

  void take(audio::TrackAudio& audio) {
    for (auto const& output : audio.take()) {
      if (auto const* frame = std::get_if<audio::Frame>(&output)) {
        if (audio::to_source(frame->from, 8000) < at - 1 || frame->samples.size() > 320) std::abort();
        at = audio::to_source(frame->from + static_cast<std::int64_t>(frame->samples.size()), 8000);
        any_frame = true;
      } else if (auto const* hole = std::get_if<audio::Hole>(&output)) {
        if (hole->from < at || hole->to <= hole->from) std::abort();
        at = hole->to;
      }
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  ByteBudget budget(kBudget);
  audio::TrackAudio audio(AudioFormat{}, 0, nullptr, &budget);
  Out out;
  std::int64_t now = 0, decided = 0;
  auto const sample = [&] {  // near what was received, or anywhere that a packet can name
    return in.ConsumeBool() ? std::max<std::int64_t>(0, audio.received() + in.ConsumeIntegralInRange(-2000, 20'000))
                            : in.ConsumeIntegralInRange<std::int64_t>(0, (std::int64_t{1} << 48) - 1);
  };
  while (in.remaining_bytes() > 0) {
    switch (in.ConsumeIntegralInRange(0, 6)) {
      case 0:
      case 1: {
        auto const first = sample();
        std::vector<std::uint8_t> bytes(in.ConsumeIntegralInRange<std::size_t>(1, 1600), 0x55);
        audio.accept({.track = Track::customer,
                      .first_sample = first,
                      .bytes = std::move(bytes),
                      .arrived = Time(Duration(now))});
        break;
      }
      case 2: audio.pause(sample()); break;
      case 3: audio.resume(in.ConsumeBool() ? std::optional(sample()) : std::nullopt); break;
      case 4: audio.tick(Time(Duration(now += in.ConsumeIntegralInRange(0, 1'000'000)))); break;
      case 5:
        decided = std::max(decided, in.ConsumeIntegralInRange<std::int64_t>(0, audio.received()));
        audio.forget(decided);
        break;
      default: {
        std::int64_t end = -1;
        for (auto const& frame : audio.replay(decided, 16'000)) {
          if (frame.from < end) std::abort();
          end = frame.from + static_cast<std::int64_t>(frame.samples.size());
        }
      }
    }
    out.take(audio);
    if (budget.used() > limits::kHeldBytesMax) std::abort();
  }
  audio.end();
  out.take(audio);
  if (out.at > audio.received() || (!out.any_frame && out.at != audio.received())) std::abort();
  return 0;
}

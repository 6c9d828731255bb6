// A provider of /v1/listen that says anything at any time: what the session decides follows without overlap, nothing
// comes after its end, and it asks the socket for no more than it was given.
// max_len: 4096
#include <cstdlib>

#include <fmt/format.h>
#include <fuzzer/FuzzedDataProvider.h>

#include "adapters/deepgram/listen_session.h"

using namespace sotto;

namespace {

struct Judge {
  std::int64_t decided = 0;
  bool over = false;

  void see(std::int64_t from, std::int64_t to) {
    if (from < decided || to < from) std::abort();
    decided = to;
  }
  void take(deepgram::ListenSession& session) {
    for (auto const& event : session.take_events()) {
      if (over) std::abort();
      if (auto const* final = std::get_if<SpeechFinal>(&event)) see(final->from, final->to);
      else if (auto const* silent = std::get_if<SpeechSilent>(&event)) see(silent->from, silent->to);
      over = std::holds_alternative<SpeechLost>(event) || std::holds_alternative<SpeechFinished>(event);
    }
  }
};

std::string results(FuzzedDataProvider& in) {
  auto const seconds = [&] { return in.ConsumeIntegralInRange(-1'000'000, 100'000'000) / 1e3; };
  std::string words;
  for (auto n = in.ConsumeIntegralInRange(0, 3); n > 0; --n)
    words += fmt::format(R"({}{{"word":"a","start":{},"end":{},"confidence":1}})", words.empty() ? "" : ",", seconds(),
                         seconds());
  return fmt::format(
      R"({{"type":"Results","start":{},"duration":{},"is_final":{},"speech_final":{},"from_finalize":{},"channel_index":[0,1],)"
      R"("channel":{{"alternatives":[{{"transcript":"{}","confidence":1,"words":[{}]}}]}}}})",
      seconds(), seconds(), in.ConsumeBool(), in.ConsumeBool(), in.ConsumeBool(), words.empty() ? "" : "a", words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  Time now{};
  deepgram::ListenSession session({}, now);
  Judge judge;
  std::int64_t pushed = 0;
  std::size_t given = 0, sent = 0;
  bool finished = false;
  while (in.remaining_bytes() > 0 && !session.over()) {
    switch (in.ConsumeIntegralInRange(0, 8)) {
      case 0:
      case 1: {
        if (finished) break;
        pushed += in.ConsumeBool() ? in.ConsumeIntegralInRange(0, 50'000) : 0;  // a jump
        std::vector<float> const samples(in.ConsumeIntegralInRange<std::size_t>(1, 320),
                                         in.ConsumeFloatingPointInRange(-1.0f, 1.0f));
        session.push(pushed, samples);
        pushed += std::ssize(samples);
        given += samples.size();
        break;
      }
      case 2: session.on_open(now); break;
      case 3: session.on_text(results(in)); break;
      case 4: session.on_text(in.ConsumeRandomLengthString(200)); break;
      case 5: session.tick(now += Duration(in.ConsumeIntegralInRange(0, 500'000))); break;
      case 6:
        while (auto const message = session.next_message(now)) sent += message->binary ? message->bytes.size() / 2 : 0;
        break;
      case 7: session.finish(), finished = true; break;
      default:
        if (in.ConsumeBool()) session.on_closed(in.ConsumeIntegralInRange(1000, 4999), "closed");
        else session.on_refused(in.ConsumeIntegralInRange(100, 599), "refused");
    }
    judge.take(session);
    if (sent > given || judge.decided > pushed) std::abort();
  }
  return 0;
}

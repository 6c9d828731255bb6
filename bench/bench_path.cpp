// path: text in -> cue out. A recognised final enters the call path (stage 3 on), the message with its cue leaves the
// queue of a subscriber: transcript, store with its fdatasync, bus, orchestrator, sentence encoder, guidance, store
// again, delivery. Real adapters, no recogniser and no socket. Every text is new, so no vector comes from the cache.
// Beside it, in the same run, the time of one raw fdatasync of 8 kB in the same folder: two of them are on the path.
//   bench_path [ROUNDS]
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "call_path_parts.h"
#include "support/scripted_recognizer.h"

using namespace sotto;

namespace {

constexpr char const* kPolicy = R"(- id: cancel
  when: { speaker: customer, said_like: [ "I want to cancel my contract", "please close my account" ] }
  then: { cue: { headline: "Ask why, then offer the loyalty plan" } }
  limits: { cool_down: 0s, per_call: 1000, fresh: 30s }
)";

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

double raw_fdatasync_ms(int file, Clock const& clock) {
  static std::vector<char> const block(8192, 'x');
  auto const begun = clock.now();
  CHECK(::write(file, block.data(), block.size()) == 8192 && ::fdatasync(file) == 0);
  return to_ms(clock.now() - begun);
}

void print(char const* figure, double value, std::size_t n, double fdatasync, char const* goals) {
  fmt::print(
      R"({{"bench":"path","figure":"{}","value":{:.3f},"unit":"ms","n":{},"peer":"raw fdatasync, same run","fdatasync_ms":{:.3f},"ratio":{:.1f}{}}})"
      "\n",
      figure, value, n, fdatasync, value / fdatasync, goals);
}

}  // namespace

int main(int argc, char** argv) {
  int const rounds = std::min(argc > 1 ? std::atoi(argv[1]) : 1000, 1000);  // the rule may fire so often
  auto const folder = std::filesystem::temp_directory_path() / fmt::format("sotto-path-{}", ::getpid());
  std::filesystem::create_directories(folder / "policies/bench");
  std::ofstream(folder / "policies/bench/cancel.yaml") << kPolicy;
  std::vector<double> cues, syncs;
  {
    CallPathParts parts(folder, folder / "policies", folder / "knowledge", {.budget = false});
    auto const& clock = parts.clock;
    auto& loop = parts.loop;
    ScriptedRecognizer recognizer(loop);
    gateway::Engines engines(recognizer);
    gateway::CapturedCall path(parts.capture(engines),
                               {.id = "bench",
                                .tenant = "bench",
                                .team = "",
                                .agent = "",
                                .tracks = {Track::customer},
                                .format = {.coding = Coding::mulaw, .rate = 8000}},
                               "digest", "bench");
    auto const subscriber = std::make_shared<delivery::Subscriber>([] {});
    // The recogniser's stream is opened by the first packet.
    CHECK(path.on_packet({.first_sample = 0, .bytes = std::vector<std::uint8_t>(160, 0xff), .arrived = clock.now()}));
    while (!parts.followed.subscribe("bench", subscriber, std::nullopt)) loop.context().run_one();
    int const file = ::open((folder / "raw").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    for (int round = 0; round < rounds; ++round) {
      syncs.push_back(raw_fdatasync_ms(file, clock));
      auto const from = (round + 1) * std::int64_t{160};
      CHECK(path.on_packet(
          {.first_sample = from, .bytes = std::vector<std::uint8_t>(160, 0xff), .arrived = clock.now()}));
      auto const text = fmt::format("I want to cancel my contract number {}", round);
      recognizer.streams.front()->emit(SpeechFinal{.from = from * 2,
                                                   .to = from * 2 + 320,
                                                   .text = text,
                                                   .words = {{text, from * 2, from * 2 + 320}},
                                                   .speech_end = from * 2 + 320});
      auto const begun = clock.now();
      for (bool shown = false; !shown;) {
        loop.context().run_one();
        while (auto const message = subscriber->next()) shown = shown || message->contains("sotto.cue.shown");
        CHECK(clock.now() - begun < 10s);
      }
      cues.push_back(to_ms(clock.now() - begun));
    }
    ::close(file);
    path.on_end(EndReason::hangup);
  }
  std::filesystem::remove_all(folder);
  print("p50_ms", percentile(cues, 0.5), cues.size(), percentile(syncs, 0.5), R"(,"floor":10,"aim":5)");
  print("p99_ms", percentile(cues, 0.99), cues.size(), percentile(syncs, 0.99), R"(,"floor":40,"aim":20)");
  return 0;
}

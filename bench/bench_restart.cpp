// restart: a process is killed while it carries a call of two hours and 24 of ten minutes; the next one takes them
// over. What is counted: words whose models are asked again (none should be), and the time until every call is
// captured, guided and told again, from its claim on.
//   bench_restart [MINUTES OF THE LONG CALL] [SHORT CALLS]
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/check.h"
#include "call_path_parts.h"
#include "gateway/call_registry.h"
#include "support/scripted_recognizer.h"

namespace sotto {
namespace {

constexpr std::int64_t kRate = 16000;

// Words and silence, as two people take turns; some of the words fire the demo's rules.
std::vector<ScriptedInterval> script() {
  std::vector<ScriptedInterval> out;
  for (auto const* text : {"I have been with you for six years now.", "I want to cancel my contract.",
                           "It is simply too expensive for me.", "Let me have a look at your account.",
                           "Thank you for waiting on the line.", "The router keeps blinking red.",
                           "Could you tell me your order number please?", "That would be very kind of you."}) {
    out.push_back({5 * kRate / 2, text});
    out.push_back({2 * kRate, ""});
  }
  return out;
}

CallInfo info(std::string id, Clock const& clock) {
  return {.id = std::move(id),
          .tenant = "demo",
          .tracks = {Track::customer, Track::agent},
          .format = {.coding = Coding::pcm_s16le, .rate = kRate},
          .started = clock.now()};
}

// Carries the calls until they have lasted so long, as fast as the models answer, and is killed.
void carry_and_die(std::filesystem::path const& folder, std::int64_t long_minutes, int short_calls) {
  CallPathParts parts(folder, "config/policies", "config/knowledge");
  ScriptedRecognizer recognizer(parts.loop, script());
  gateway::Engines engines(recognizer);
  auto capture = parts.capture(engines);
  capture.suspects_audio = false;
  std::vector<std::unique_ptr<gateway::CapturedCall>> calls;
  for (int call = 0; call <= short_calls; ++call) {
    calls.push_back(std::make_unique<gateway::CapturedCall>(
        capture, info(call == 0 ? "long" : fmt::format("short-{}", call), parts.clock), "digest", "bench"));
  }
  auto const settle = [&] {
    for (bool busy = true; busy;) {
      parts.loop.context().poll();
      busy = false;
      for (auto const& call : calls) busy = busy || call->capture().held().waiting > 0;
      parts.guides.for_each([&](orchestrator::GuidedCall const& call) { busy = busy || call.busy(); });
    }
  };
  for (std::int64_t second = 0; second < long_minutes * 60; ++second) {
    for (std::size_t call = 0; call < calls.size(); ++call) {
      if (call > 0 && second >= std::min<std::int64_t>(10, long_minutes) * 60) break;
      for (auto const track : {Track::customer, Track::agent}) {
        CHECK(calls[call]->on_packet({.track = track,
                                      .first_sample = second * kRate,
                                      .bytes = std::vector<std::uint8_t>(2 * kRate),
                                      .arrived = parts.clock.now()}));
      }
      calls[call]->tick();
    }
    settle();
  }
  auto const until = parts.clock.now() + 2s;  // what brought nothing is noted now and then
  while (parts.clock.now() < until) parts.loop.context().run_one_for(std::chrono::milliseconds(10));
  ::kill(::getpid(), SIGKILL);
}

void take_over(std::filesystem::path const& folder, std::size_t calls) {
  CallPathParts parts(folder, "config/policies", "config/knowledge");
  ScriptedRecognizer recognizer(parts.loop);
  gateway::Engines engines(recognizer);
  auto capture = parts.capture(engines);
  capture.suspects_audio = false;
  app::CallRegistry registry(parts.loop, capture, *parts.log, "bench");
  auto const before = parts.metrics.inferences;
  auto const begun = parts.clock.now();
  parts.guides.claim();
  registry.adopt([](Result<std::size_t> adopted) { CHECK(adopted); });
  registry.run();
  auto const caught_up = [&] {
    bool busy = parts.guides.size() < calls || registry.size() < calls || parts.followed.size() < calls;
    parts.guides.for_each([&](orchestrator::GuidedCall const& call) { busy = busy || call.busy(); });
    return !busy && parts.followed.whole();
  };
  while (!caught_up()) {
    parts.loop.context().run_one();
    CHECK(parts.clock.now() - begun < 120s);
  }
  auto const seconds = to_ms(parts.clock.now() - begun) / 1000;
  std::size_t utterances = 0;
  int cues = 0;
  parts.followed.for_each([&](std::string const&, delivery::CallFeed const& feed) {
    utterances += feed.view().to_json().at("utterances").as_array().size();
    cues += feed.view().cues();
  });
  fmt::print(
      R"({{"bench":"restart","figure":"inferences","value":{},"unit":"asked again","n":{},"utterances_known":{},"cues_known":{},"floor":0}})"
      "\n"
      R"({{"bench":"restart","figure":"caught_up_s","value":{:.3f},"unit":"s","n":{},"utterances_known":{},"floor":3,"aim":1}})"
      "\n",
      parts.metrics.inferences - before, calls, utterances, cues, seconds, calls, utterances);
}

}  // namespace
}  // namespace sotto

int main(int argc, char** argv) {
  using namespace sotto;
  auto const minutes = argc > 1 ? std::atoi(argv[1]) : 120;
  auto const short_calls = argc > 2 ? std::atoi(argv[2]) : 24;
  spdlog::set_level(spdlog::level::warn);
  auto const folder = std::filesystem::temp_directory_path() / fmt::format("sotto-restart-{}", ::getpid());
  auto const first = ::fork();
  if (first == 0) carry_and_die(folder, minutes, short_calls);
  int status = 0;
  ::waitpid(first, &status, 0);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  take_over(folder, static_cast<std::size_t>(short_calls) + 1);
  std::filesystem::remove_all(folder);
  return 0;
}

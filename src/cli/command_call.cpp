#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "call/event_codec.h"
#include "cli/call_options.h"
#include "cli/commands.h"
#include "client/call_follower.h"
#include "net/client.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

std::string clock_text(std::int64_t ms) {
  return fmt::format("{:02}:{:02}.{}", ms / 60000, ms / 1000 % 60, ms / 100 % 10);
}

// Whose words: of a call with one channel a guess, which a question mark says where it is a weak one.
std::string who(Utterance const& said, std::vector<Party> const& parties) {
  auto const party = std::ranges::find(parties, said.track, &Party::track);
  if (party != parties.end() && !party->name.empty()) return party->name;
  if (!said.speaker || !is_side(said.track)) return std::string(name(said.track));
  return std::string(name(*said.speaker)) + (said.speaker_confidence < 0.8 ? "?" : "");
}

// One line a final, the growing words of both parties in one line below where a terminal shows them.
class Printer {
 public:
  void print(json::object const& object) {
    auto const event = event_from_cloud_event(object);
    if (!event || told_before(*event)) return;  // of a newer server, or told already
    if (!is_passing(*event)) clear();
    std::visit([this](auto const& body) { show(body); }, event->body);
    std::fflush(stdout);
  }

 private:
  void show(Partial const& partial) {
    if (!terminal_) return;
    auto const& text = partial.utterance.text;
    fmt::print("\r\033[K\033[2m          {:9} …{}\033[0m", who(partial.utterance, parties_),
               text.size() > 80 ? text.substr(text.size() - 80) : text);
    dirty_ = true;
  }
  void show(UtteranceFinal const& final) {
    auto const& said = final.utterance;
    fmt::print("{}  {:9} {}\n", clock_text(said.start_ms), who(said, parties_), said.text);
  }
  void show(UtteranceRevised const& revised) {
    auto const& said = revised.utterance;
    fmt::print("{}  {:9} {}   ({})\n", clock_text(said.start_ms), who(said, parties_), said.text,
               revised.was_speaker && revised.was.empty() ? "speaker corrected" : "corrected");
  }
  void show(Cue const& cue) {
    fmt::print("          » {}\n            {}\n", cue.headline, cue.body);
    if (!cue.because.text.empty())
      fmt::print("            because {} said \"{}\"\n", cue.because.speaker, cue.because.text);
    if (cue.source)
      fmt::print("            source: {}{}{}\n", cue.source->file, cue.source->heading.empty() ? "" : ", ",
                 cue.source->heading);
  }
  void show(CueClosed const& closed) {
    if (closed.reason == "withdrawn") fmt::print("          » withdrawn: its words were corrected\n");
  }
  void show(Tick const& tick) {
    fmt::print("          [x] {}{}\n", tick.label, tick.by_hand() ? " (by hand: " + tick.reason + ")" : "");
  }
  void show(Untick const& untick) {
    fmt::print("          [ ] {}: {}\n", untick.item,
               untick.by_hand() ? "by hand, " + untick.reason : "the words that ticked it were corrected");
  }
  void show(CoverageGap const& gap) {
    fmt::print("{}  {:8}  -- not heard {:.1f} s ({}) --\n", clock_text(gap.start_ms), name(gap.track),
               static_cast<double>(gap.end_ms - gap.start_ms) / 1000, gap.reason);
  }
  void show(CallStarted const& started) { parties_ = started.info.parties; }
  void show(AgentChanged const& changed) {
    fmt::print("{}  handed over to {}{}\n", clock_text(changed.at_ms), changed.agent,
               changed.team.empty() ? "" : ", " + changed.team);
  }
  void show(CallPaused const& paused) { fmt::print("{}  paused\n", clock_text(paused.at_ms)); }
  void show(CallResumed const& resumed) { fmt::print("{}  resumed\n", clock_text(resumed.at_ms)); }
  void show(CallEnded const& ended) {
    fmt::print("{}  call ended: {}\n", clock_text(ended.duration_ms), name(ended.reason));
  }
  void show(EventRedacted const& redacted) {
    fmt::print("          words above were taken back ({} of event {})\n", redacted.type, redacted.number);
  }
  // What somebody who reads along has no use for.
  void show(HealthChanged const&) {}
  void show(CueExpected const&) {}
  void show(Understood const&) {}
  void show(Moment const&) {}
  void show(AlertRaised const&) {}
  void show(Tagged const&) {}
  void show(WebhookRequested const&) {}
  void show(CueDisplayed const&) {}
  void show(GuidanceDone const&) {}

  // What was told while the store was down comes again when it is stored.
  bool told_before(Event const& event) {
    if (is_passing(event)) return false;
    auto const data = std::string(type_of(event.body)) + json::serialize(data_of(event.body));
    if (event.unpersisted) return !unsaved_.insert(data).second;
    return unsaved_.erase(data) > 0;
  }

  void clear() {
    if (std::exchange(dirty_, false)) fmt::print("\r\033[K");
  }
  bool const terminal_ = isatty(STDOUT_FILENO) == 1;
  bool dirty_ = false;
  std::vector<Party> parties_;
  std::set<std::string> unsaved_;
};

}  // namespace

int run_call(CallCommand const& command) {
  auto options = source_options(command);
  if (!options) {
    fmt::print(stderr, "sotto call: {}\n", options.error().message);
    return 1;
  }
  if (auto const server = net::request(command.server, "GET", "/healthz"); !server) {
    fmt::print(stderr, "sotto call: {}\n", server.error().message);
    return 1;
  }
  SystemClock const clock;
  net::Loop loop;
  auto const call = options->call.id;
  Printer printer;
  std::optional<Error> trouble;
  bool followed = false, sent = false;
  auto const stop_when_both = [&] {
    if (followed && sent) loop.stop();
  };
  FollowerListener follower{.on_event =
                                [&](json::object const& event) {
                                  if (!command.json) return printer.print(event);
                                  fmt::print("{}\n", json::serialize(event));
                                  std::fflush(stdout);
                                },
                            .on_done =
                                [&] {
                                  followed = true;
                                  stop_when_both();
                                }};
  CallSource::Listener listener{
      .on_started = [&] { follow(loop, command.server, call, follower); },
      .on_trouble = [](std::string const& what) { fmt::print(stderr, "sotto call: {}\n", what); },
      .on_done =
          [&](Result<std::string> done) {
            sent = true;
            if (!done) trouble = done.error();
            if (!done) loop.stop();
            stop_when_both();
          }};
  auto const source =
      std::make_shared<CallSource>(loop, clock, command.server, std::move(*options), std::move(listener));
  source->run();
  loop.run();
  if (!trouble) return 0;
  fmt::print(stderr, "sotto call: {}: {}\n", trouble->code, trouble->message);
  return 1;
}

}  // namespace sotto::app

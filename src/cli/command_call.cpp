#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "adapters/openssl/secrets.h"
#include "adapters/sndfile/wav.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "call/event_codec.h"
#include "cli/commands.h"
#include "client/call_follower.h"
#include "client/call_source.h"
#include "live/audio/offset.h"
#include "live/audio/resampler.h"
#include "live/ingest/messages.h"
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
    if (!event->is<Partial>()) clear();
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
  void show(Understood const&) {}
  void show(Moment const&) {}
  void show(AlertRaised const&) {}
  void show(Tagged const&) {}
  void show(WebhookRequested const&) {}
  void show(CueDisplayed const&) {}
  void show(GuidanceDone const&) {}

  // What was told while the store was down comes again when it is stored.
  bool told_before(Event const& event) {
    if (event.is<Partial>()) return false;
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

Result<SourceOptions::Pause> parse_pause(std::string const& text) {
  double from = 0, to = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf-%lf%c", &from, &to, &rest) != 2 || from < 0 || to <= from) {
    return fail("bad_pause", fmt::format("--pause {}: expected FROM-TO in seconds, for instance 41-58.5", text));
  }
  return SourceOptions::Pause{std::llround(from * 1000), std::llround(to * 1000)};
}

// "NAME:SIDE" each.
Result<std::vector<Party>> parties_of(std::vector<std::string> const& texts) {
  std::vector<Party> out;
  for (auto const& text : texts) {
    auto const colon = text.rfind(':');
    auto const side = colon == std::string::npos ? std::nullopt : parse_track(std::string_view(text).substr(colon + 1));
    if (!side || !is_side(*side) || colon == 0)
      return fail("bad_party", fmt::format("--party {}: expected NAME:customer or NAME:agent", text));
    if (out.size() + 2 == limits::kTracksMax)
      return fail("bad_party", fmt::format("--party {}: a call has at most {} parties", text, limits::kTracksMax));
    out.push_back({.track = static_cast<Track>(out.size() + 2), .side = *side, .name = text.substr(0, colon)});
  }
  return out;
}

// "SECONDS=AGENT" or "SECONDS=AGENT,TEAM".
Result<SourceOptions::Transfer> parse_transfer(std::string const& text) {
  double at = 0;
  int read = 0;
  bool const timed = std::sscanf(text.c_str(), "%lf=%n", &at, &read) == 1 && read > 0 && at >= 0;
  auto const to = timed ? text.substr(static_cast<std::size_t>(read)) : std::string();
  auto const comma = to.find(',');
  if (to.empty() || comma == 0)
    return fail("bad_transfer", fmt::format("--transfer {}: expected SECONDS=AGENT or SECONDS=AGENT,TEAM", text));
  return SourceOptions::Transfer{
      std::llround(at * 1000),
      {.agent = to.substr(0, comma), .team = comma == std::string::npos ? "" : to.substr(comma + 1)}};
}

std::vector<float> linear_of(std::vector<std::int16_t> const& channel) {
  std::vector<float> out;
  out.reserve(channel.size());
  for (auto const sample : channel) out.push_back(static_cast<float>(sample) / 32768.0f);
  return out;
}

// As a telephone line would carry it: without an offset, which G.711 would spend its steps on; a rate that sources may
// not have becomes 16 kHz.
void prepare(Wav& wav) {
  auto const rate = ingest::is_rate(wav.rate) ? wav.rate : limits::kFrameRateHz;
  for (auto& channel : wav.channels) {
    auto linear = linear_of(channel);
    audio::Offset(wav.rate).remove(linear);
    std::vector<float> resampled;
    if (rate != wav.rate) audio::Resampler(wav.rate).process(linear, true, resampled);
    auto const& out = rate == wav.rate ? linear : resampled;
    channel.clear();
    for (auto const value : out)
      channel.push_back(static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0f, 0.99997f) * 32768.0f)));
  }
  wav.rate = rate;
}

// Whether two channels carry one sound: the same wave at the same time, however loud.
bool is_one_sound(Wav const& wav) {
  constexpr double kSame = 0.95;
  double left = 0, right = 0, both = 0;
  for (std::size_t i = 0; i < wav.channels[0].size(); ++i) {
    auto const one = static_cast<double>(wav.channels[0][i]), other = static_cast<double>(wav.channels[1][i]);
    left += one * one;
    right += other * other;
    both += one * other;
  }
  return left > 0 && right > 0 && std::abs(both) > kSame * std::sqrt(left * right);
}

Result<SourceOptions> source_options(CallCommand const& command) {
  auto const parties = parties_of(command.parties);
  if (!parties) return std::unexpected(parties.error());
  auto wav = read_wav(command.file, 2 + static_cast<int>(parties->size()));
  if (!wav) return std::unexpected(wav.error());
  for (auto const& note : wav->notes) fmt::print(stderr, "sotto call: {}\n", note);
  prepare(*wav);
  if (wav->channels.size() == 2 && is_one_sound(*wav))
    fmt::print(
        stderr,
        "sotto call: both channels of {} hold the same sound, so all of it is the customer's; of a file with one "
        "channel it is guessed who speaks\n",
        language::escaped(command.file.string()));
  SourceOptions options{.call = {.id = command.id.empty() ? "cli-" + random_hex(6) : command.id,
                                 .tenant = command.tenant,
                                 .team = command.team,
                                 .agent = command.agent,
                                 .tracks = {Track::customer},
                                 .format = {wav->rate == 8000 ? Coding::mulaw : Coding::pcm_s16le, wav->rate},
                                 .speed = command.speed,
                                 .replay = true,
                                 .metadata = {{"title", language::escaped(command.file.filename().string())}}},
                        .channels = std::move(wav->channels),
                        .pauses = {}};
  if (options.channels.size() >= 2) options.call.tracks.push_back(Track::agent);
  if (options.channels.size() !=
      (parties->empty() ? std::min<std::size_t>(options.channels.size(), 2) : 2 + parties->size()))
    return fail("bad_party",
                fmt::format("{} has {} channels: customer, agent and {} of --party do not fill them",
                            language::escaped(command.file.string()), options.channels.size(), parties->size()));
  for (auto const& party : *parties) options.call.tracks.push_back(party.track);
  options.call.parties = *parties;
  if (options.channels.size() == 1 && command.left != "customer")
    return fail("bad_speaker", "--left is for files with two channels; --speaker says who is in the one");
  if (command.left == "agent") std::swap(options.channels[0], options.channels[1]);
  if (options.channels.size() >= 2 && !command.speaker.empty()) {
    return fail("bad_speaker", "--speaker is for files with one channel; of two, the left is the customer");
  }
  if (auto const party = parse_track(command.speaker)) options.call.tracks = {*party};
  else options.call.mono = options.channels.size() == 1;
  for (auto const& text : command.pauses) {
    auto const pause = parse_pause(text);
    if (!pause) return std::unexpected(pause.error());
    options.pauses.push_back(*pause);
  }
  for (auto const& text : command.transfers) {
    auto transfer = parse_transfer(text);
    if (!transfer) return std::unexpected(transfer.error());
    options.transfers.push_back(std::move(*transfer));
  }
  std::ranges::sort(options.transfers, {}, &SourceOptions::Transfer::at_ms);
  return options;
}

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

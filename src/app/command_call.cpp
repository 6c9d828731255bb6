#include <cmath>
#include <cstdio>
#include <optional>
#include <thread>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "app/call_follower.h"
#include "app/call_source.h"
#include "app/commands.h"
#include "app/secrets.h"
#include "app/wav.h"
#include "base/json.h"
#include "call/event.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

std::string clock_text(std::int64_t ms) {
  return fmt::format("{:02}:{:02}.{}", ms / 60000, ms / 1000 % 60, ms / 100 % 10);
}

// Whose words: of a call with one channel a guess, which a question mark says where it is a weak one.
std::string who(json::object const& data) {
  auto const speaker = get_string(data, "speaker");
  if (speaker.empty()) return get_string(data, "track");
  return speaker + (get_double(data, "speaker_confidence", 0) < 0.8 ? "?" : "");
}

void print_cue(json::object const& data) {
  auto const* because = get_object(data, "because");
  auto const* source = get_object(data, "source");
  fmt::print("          » {}\n            {}\n", get_string(data, "headline"), get_string(data, "body"));
  if (because && !get_string(*because, "text").empty()) {
    fmt::print("            because {} said \"{}\"\n", get_string(*because, "speaker"), get_string(*because, "text"));
  }
  if (source)
    fmt::print("            source: {}\n",
               get_string(*source, "file") +
                   (get_string(*source, "heading").empty() ? "" : ", " + get_string(*source, "heading")));
}

// One line a final, the growing words of both parties in one line below where a terminal shows them.
class Printer {
 public:
  void print(json::object const& event) {
    auto const type = get_string(event, "type");
    auto const* data = get_object(event, "data");
    if (!data) return;
    if (type == event_type::partial) return print_partial(*data);
    clear();
    if (type == event_type::utterance_final) {
      fmt::print("{}  {:9} {}\n", clock_text(get_int(*data, "start_ms")), who(*data), get_string(*data, "text"));
    } else if (type == event_type::utterance_revised) {
      fmt::print("{}  {:9} {}   ({})\n", clock_text(get_int(*data, "start_ms")), who(*data), get_string(*data, "text"),
                 data->contains("was_speaker") && !data->contains("was") ? "speaker corrected" : "corrected");
    } else if (type == event_type::checklist_unticked) {
      fmt::print("          [ ] {}: the words that ticked it were corrected\n", get_string(*data, "item"));
    } else if (type == event_type::cue_closed && get_string(*data, "reason") == "withdrawn") {
      fmt::print("          » withdrawn: its words were corrected\n");
    } else if (type == event_type::cue_shown) {
      print_cue(*data);
    } else if (type == event_type::checklist_ticked) {
      fmt::print("          [x] {}\n", get_string(*data, "label"));
    } else if (type == event_type::coverage_gap) {
      fmt::print("{}  {:8}  -- not heard {:.1f} s ({}) --\n", clock_text(get_int(*data, "start_ms")),
                 get_string(*data, "track"),
                 static_cast<double>(get_int(*data, "end_ms") - get_int(*data, "start_ms")) / 1000,
                 get_string(*data, "reason"));
    } else if (type == event_type::call_paused) {
      fmt::print("{}  paused\n", clock_text(get_int(*data, "at_ms")));
    } else if (type == event_type::call_resumed) {
      fmt::print("{}  resumed\n", clock_text(get_int(*data, "at_ms")));
    } else if (type == event_type::call_ended) {
      fmt::print("{}  call ended: {}\n", clock_text(get_int(*data, "duration_ms")), get_string(*data, "reason"));
    }
    std::fflush(stdout);
  }

 private:
  void print_partial(json::object const& data) {
    if (!terminal_) return;
    auto const text = get_string(data, "text");
    fmt::print("\r\033[K\033[2m          {:9} …{}\033[0m", who(data),
               text.size() > 80 ? text.substr(text.size() - 80) : text);
    std::fflush(stdout);
    dirty_ = true;
  }
  void clear() {
    if (std::exchange(dirty_, false)) fmt::print("\r\033[K");
  }
  bool const terminal_ = isatty(STDOUT_FILENO) == 1;
  bool dirty_ = false;
};

Result<SourceOptions::Pause> parse_pause(std::string const& text) {
  double from = 0, to = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf-%lf%c", &from, &to, &rest) != 2 || from < 0 || to <= from) {
    return fail("bad_pause", fmt::format("--pause {}: expected FROM-TO in seconds, for instance 41-58.5", text));
  }
  return SourceOptions::Pause{std::llround(from * 1000), std::llround(to * 1000)};
}

Result<SourceOptions> source_options(CallCommand const& command) {
  auto wav = read_wav(command.file);
  if (!wav) return std::unexpected(wav.error());
  SourceOptions options{.call = {.id = command.id.empty() ? "cli-" + random_hex(6) : command.id,
                                 .tenant = command.tenant,
                                 .team = command.team,
                                 .agent = command.agent,
                                 .tracks = {Track::customer},
                                 .format = {wav->rate == 8000 ? Coding::mulaw : Coding::pcm_s16le, wav->rate},
                                 .speed = command.speed,
                                 .replay = true,
                                 .metadata = {{"title", command.file.filename().string()}}},
                        .channels = std::move(wav->channels),
                        .pauses = {}};
  if (options.channels.size() == 2) options.call.tracks.push_back(Track::agent);
  if (options.channels.size() == 2 && !command.speaker.empty()) {
    return fail("bad_speaker", "--speaker is for files with one channel; of two, the left is the customer");
  }
  if (auto const party = parse_track(command.speaker)) options.call.tracks = {*party};
  else options.call.mono = options.channels.size() == 1;
  for (auto const& text : command.pauses) {
    auto const pause = parse_pause(text);
    if (!pause) return std::unexpected(pause.error());
    options.pauses.push_back(*pause);
  }
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

#include "api/demo_player.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/files/folder.h"
#include "adapters/openssl/secrets.h"
#include "adapters/sndfile/wav.h"
#include "base/json.h"
#include "base/limits.h"

namespace sotto::app {

static boost::json::object read_truth(std::filesystem::path const& wav) {
  auto file = wav;
  file.replace_extension(".truth.json");
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return parse_object(text.str()).value_or(boost::json::object{});
}

std::vector<Demo> DemoPlayer::list() const {
  std::vector<Demo> demos;
  auto const is_demo = [](std::filesystem::path const& file) { return file.extension() == ".wav"; };
  auto const listing = files_below(folder_, {.wanted = is_demo, .below = false});
  if (!listing) {
    spdlog::warn("no demo calls: {}", listing.error().message);
    return demos;
  }
  for (auto const& file : listing->files) {
    auto const truth = read_truth(file);
    demos.push_back({.name = file.stem(),
                     .title = get_string(truth, "title", file.stem().string()),
                     .tenant = get_string(truth, "tenant", "demo"),
                     .duration_ms = get_int(truth, "duration_ms")});
  }
  std::ranges::sort(demos, {}, &Demo::name);
  return demos;
}

Result<std::filesystem::path> DemoPlayer::file_of(std::string const& name) const {
  auto const demos = list();
  if (std::ranges::find(demos, name, &Demo::name) == demos.end()) {
    return fail("no_such_demo", "there is no demo call \"" + name + "\"; `make demo` renders them");
  }
  return folder_ / (name + ".wav");
}

Result<std::string> DemoPlayer::audio(std::string const& name) const {
  auto const file = file_of(name);
  if (!file) return std::unexpected(file.error());
  auto const wav = read_wav(*file);
  return wav ? Result<std::string>(pcm_file(*wav)) : std::unexpected(wav.error());
}

Result<std::string> DemoPlayer::play(std::string const& name) {
  if (playing_.size() >= limits::kDemosMax)
    return fail("busy",
                fmt::format("{} demo calls are playing; wait until one has ended, or end one", playing_.size()));
  auto const found = file_of(name);
  if (!found) return std::unexpected(found.error());
  auto const& file = *found;
  auto wav = read_wav(file);
  if (!wav) return std::unexpected(wav.error());
  auto const truth = read_truth(file);
  auto const id = "demo-" + name + "-" + random_hex(4);
  SourceOptions options{.call = {.id = id,
                                 .tenant = get_string(truth, "tenant", "demo"),
                                 .team = get_string(truth, "team"),
                                 .agent = get_string(truth, "agent", "demo-agent"),
                                 .tracks = {Track::customer, Track::agent},
                                 .format = {Coding::mulaw, wav->rate},
                                 .replay = true,
                                 .demo = true,
                                 .metadata = {{"title", get_string(truth, "title", name)}, {"demo", name}}},
                        .channels = std::move(wav->channels),
                        .pauses = {}};
  if (wav->rate != 8000) options.call.format.coding = Coding::pcm_s16le;
  options.call.tracks.resize(options.channels.size());
  options.call.mono = options.channels.size() == 1;
  if (auto const* pauses = get_array(truth, "pauses")) {
    for (auto const& pause : *pauses) {
      options.pauses.push_back({get_int(pause.get_object(), "start_ms"), get_int(pause.get_object(), "end_ms")});
    }
  }
  CallSource::Listener listener;
  listener.on_done = [this, id](Result<std::string> done) {
    if (!done) spdlog::warn("demo call {} ended early: {}", id, done.error().message);
    loop_.post([this, id] { playing_.erase(id); });
  };
  auto source = std::make_shared<CallSource>(loop_, clock_, server_, std::move(options), std::move(listener));
  playing_[id] = source;
  source->run();
  return id;
}

}  // namespace sotto::app

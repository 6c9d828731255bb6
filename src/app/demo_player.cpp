#include "app/demo_player.h"

#include <fstream>
#include <sstream>

#include <spdlog/spdlog.h>

#include "app/secrets.h"
#include "app/wav.h"
#include "base/json.h"

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
  std::error_code failed;
  for (auto const& entry : std::filesystem::directory_iterator(folder_, failed)) {
    if (entry.path().extension() != ".wav") continue;
    auto const truth = read_truth(entry.path());
    demos.push_back({.name = entry.path().stem(),
                     .title = get_string(truth, "title", entry.path().stem().string()),
                     .tenant = get_string(truth, "tenant", "demo"),
                     .duration_ms = get_int(truth, "duration_ms")});
  }
  std::ranges::sort(demos, {}, &Demo::name);
  return demos;
}

Result<std::string> DemoPlayer::play(std::string const& name) {
  auto const demos = list();
  if (std::ranges::find(demos, name, &Demo::name) == demos.end()) {
    return fail("no_such_demo", "there is no demo call \"" + name + "\"; `make demo` renders them");
  }
  auto const file = folder_ / (name + ".wav");
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
                                 .metadata = {{"title", get_string(truth, "title", name)}}},
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

// Which recognisers a server has and which chain of them hears whose calls: settings, checks, and the objects.
//
//   region: eu                              # where this server stands
//   recognisers:
//     - name: cloud
//       url: wss://api.eu.deepgram.com/v1/listen
//       region: eu                          # where its audio goes; must be the server's own
//       key_file: /etc/sotto/deepgram.key   # or key_env: NAME
//       model: nova-3
//     - { name: pool, url: "ws://10.0.0.5:8701/v1/listen", region: eu }
//   chains:
//     - { tenant: acme, use: [cloud, pool, local] }
//     - { use: [pool, local] }              # every other tenant
//
// `local` is the engine in this process. Without `chains` it hears everything: no audio leaves the machine unless a
// recogniser is named for its tenant.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/deepgram/recognizer.h"
#include "base/fields_yaml.h"
#include "gateway/engines.h"

namespace sotto::app {

inline constexpr char const* kLocalRecogniser = "local";

struct RecogniserSettings {
  std::string name;
  std::string url;
  std::string region;
  std::string key_file, key_env;  // at most one
  std::string authorities;        // certificates to trust instead of the system's
  std::string model = "nova-3", language = "en";
  std::optional<int> endpointing_ms;
  bool diarize = false;  // it tells voices apart: asked for in calls with one channel
  std::vector<std::string> keyterms;
  std::map<std::string, std::string> parameters;  // further ones of /v1/listen
  double pace = 1.25;                             // audio seconds a second while it catches up
  int chunk_ms = 50;                              // 20 to 100
};

struct ChainSettings {
  std::string tenant;  // empty: every tenant without a chain of its own
  std::vector<std::string> use;
};

// Across settings: unknown names, a recogniser of another region, keys that cannot be read. Error bad_config.
Result<void> check_recognisers(std::vector<RecogniserSettings> const& recognisers,
                               std::vector<ChainSettings> const& chains, std::string const& region);

// The remote recognisers in use and the chains over them and the local one, which outlives it.
class EngineSet {
 public:
  static Result<std::unique_ptr<EngineSet>> make(std::vector<RecogniserSettings> const& recognisers,
                                                 std::vector<ChainSettings> const& chains, Recognizer& local,
                                                 net::Loop& loop, Clock const& clock);
  gateway::Engines& engines() { return *engines_; }
  std::map<std::string, std::unique_ptr<deepgram::DeepgramRecognizer>> const& remote() const { return remote_; }

 private:
  std::map<std::string, std::unique_ptr<deepgram::DeepgramRecognizer>> remote_;
  std::unique_ptr<gateway::Engines> engines_;
};

// What no rule of a single field says.
std::optional<settings::Complaint> check_recogniser(RecogniserSettings const& recogniser);

}  // namespace sotto::app

namespace sotto {

template <>
struct Fields<app::RecogniserSettings> {
  using T = app::RecogniserSettings;
  static constexpr std::string_view title = "a recogniser";
  static constexpr auto list = std::tuple(
      field("name", &T::name, {.text = "what chains call it", .identity = true, .unique = true}),
      field("url", &T::url, {.text = "ws:// or wss://, of Deepgram's live protocol", .identity = true}),
      field("region", &T::region, {.text = "where its audio goes; must be the server's own"}),
      field("key_file", &T::key_file, {.text = "the file whose first line is its key"}),
      field("key_env", &T::key_env, {.text = "the variable of the environment that holds its key"}),
      field("authorities", &T::authorities, {.text = "a file of certificates to trust instead of the system's"}),
      field("model", &T::model, {.text = "asked for"}), field("language", &T::language, {.text = "asked for"}),
      field("endpointing_ms", &T::endpointing_ms,
            {.text = "the pause that ends a turn; without: the server's own", .least = 0, .most = 60'000}),
      field("diarize", &T::diarize, {.text = "it tells voices apart: asked for in calls with one channel"}),
      field("keyterms", &T::keyterms,
            {.text = "words to be expected in all its calls; those of a tenant stand in its policies"}),
      field("parameters", &T::parameters, {.text = "further ones of /v1/listen"}),
      field("pace", &T::pace, {.text = "audio seconds a second while it catches up", .least = 1, .most = 100}),
      field("chunk_ms", &T::chunk_ms, {.text = "audio of a message", .least = 20, .most = 100}));
  static std::optional<settings::Complaint> check(T const& recogniser) { return app::check_recogniser(recogniser); }
};

template <>
struct Fields<app::ChainSettings> {
  using T = app::ChainSettings;
  static constexpr std::string_view title = "a chain";
  static constexpr auto list = std::tuple(
      field("tenant", &T::tenant, {.text = "whose calls; without: those of every other tenant", .unique = true}),
      field("use", &T::use, {.text = "names of recognisers, or local, the best first", .identity = true}));
  static std::optional<settings::Complaint> check(T const& chain) {
    if (!chain.use.empty()) return std::nullopt;
    return settings::Complaint{"use", "use names at least one recogniser"};
  }
};

}  // namespace sotto

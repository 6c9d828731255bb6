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
#include "live/speech/engine_chain.h"

namespace YAML {
class Node;
}

namespace sotto::app {

inline constexpr char const* local_recogniser = "local";

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

// Throw YAML::Exception, with its place, on what is wrong.
std::vector<RecogniserSettings> read_recognisers(YAML::Node const& node);
std::vector<ChainSettings> read_chains(YAML::Node const& node);
// Across settings: unknown names, a recogniser of another region, keys that cannot be read. Error bad_config.
Result<void> check_recognisers(std::vector<RecogniserSettings> const& recognisers,
                               std::vector<ChainSettings> const& chains, std::string const& region);

// The remote recognisers in use and the chains over them and the local one, which outlives it.
class EngineSet {
 public:
  static Result<std::unique_ptr<EngineSet>> make(std::vector<RecogniserSettings> const& recognisers,
                                                 std::vector<ChainSettings> const& chains, Recognizer& local,
                                                 net::Loop& loop, Clock const& clock);
  speech::Engines& engines() { return *engines_; }
  std::map<std::string, std::unique_ptr<deepgram::DeepgramRecognizer>> const& remote() const { return remote_; }

 private:
  std::map<std::string, std::unique_ptr<deepgram::DeepgramRecognizer>> remote_;
  std::unique_ptr<speech::Engines> engines_;
};

}  // namespace sotto::app

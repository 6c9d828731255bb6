// What an operator can set: one table of settings, read from a YAML file and the command line (the later wins).
// Unknown keys, wrong types and values out of bounds are errors that name file, line and reason.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/masking.h"
#include "app/recognisers.h"
#include "app/webhooks.h"
#include "base/error.h"

namespace sotto::app {

struct Config {
  std::string role = "all";  // app/roles.h
  std::string listen;        // HOST:PORT; empty: the role's own, see listen_address()
  std::string token;         // never printed
  std::vector<std::string> allowed_hosts;
  std::filesystem::path data = "data";
  std::filesystem::path policies = "config/policies";
  std::filesystem::path knowledge = "config/knowledge";
  std::filesystem::path models = ".cache";
  std::filesystem::path web = "web/agent/dist";
  std::filesystem::path demos = "build/demo";
  bool attention_budget = true;  // one cue at a time; off for measuring
  int recogniser_threads = 0;    // 0: one a core
  int asr_streams = 512;         // role asr: more are refused
  std::string region;            // where this server stands; recognisers elsewhere get no audio
  std::vector<RecogniserSettings> recognisers;
  std::vector<ChainSettings> chains;
  std::vector<WebhookSettings> webhooks;
  std::vector<std::string> audio_on_disk;  // tenants; see adapters/file_spool
  transcript::Masking masked;              // which numbers beside cards
  std::string log_level = "info";
};

// Applies `file` to `config`. Every problem is listed in the error's message, a line each.
Result<void> load_config(std::filesystem::path const& file, Config& config);
// Where to listen, by `listen` or else by the role.
std::string listen_address(Config const& config);
// Rules across settings: a listening address beyond this machine needs a token.
Result<void> check_config(Config const& config);
// The settings in force as YAML, each with its meaning; secrets as "(set)".
std::string print_config(Config const& config);

}  // namespace sotto::app

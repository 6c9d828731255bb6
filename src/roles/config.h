// What an operator can set: one table of settings, read from a YAML file and the command line (the later wins).
// Unknown keys, wrong types and values out of bounds are errors that name file, line and reason.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "adapters/key_file/master_key.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/postgres/store_settings.h"
#include "adapters/redis/redis_settings.h"
#include "base/error.h"
#include "base/fields_yaml.h"
#include "call/tenant_shares.h"
#include "gateway/masking.h"
#include "gateway/recognisers.h"
#include "roles/tokens.h"
#include "webhooks/webhooks.h"

namespace sotto::app {

// Another share for one tenant.
struct ShareSettings {
  std::string tenant;
  int percent = 75;
  int stored_mib = 0;  // 0: as tenant_stored_mib
};

struct Config {
  std::string role = "all";  // roles, with commas between (roles/module.h)
  std::string listen;        // HOST:PORT; empty: the role's own, see listen_address()
  std::string token;         // never printed
  std::filesystem::path token_file;
  std::vector<TokenSettings> tokens;    // further ones, each with a scope and roles
  std::filesystem::path token_records;  // a file of more, read again when it changes
  std::vector<std::string> allowed_hosts;
  std::filesystem::path data = "data";
  StoreSettings store;
  BusSettings bus;
  KeySettings keys;  // where the master key of stored calls comes from
  std::filesystem::path policies = "config/policies";
  std::filesystem::path knowledge = "config/knowledge";
  int versions_kept = 100;    // of each tenant's policies and articles
  int versions_mib = 256;     // of their files
  int tenant_share = 75;      // percent of what this process holds that one tenant may take
  int tenant_stored_mib = 0;  // that one tenant's calls may take of the store; 0: as much as there is
  std::vector<ShareSettings> shares;
  std::filesystem::path models = ".cache";
  std::filesystem::path web = "web/agent/dist";
  std::filesystem::path demos = "build/demo";
  std::string demo_gateway;      // HOST:PORT; empty: this process
  bool attention_budget = true;  // one cue at a time; off for measuring
  int recogniser_threads = 0;    // 0: one a core
  std::string final_model = SpeechModelNames{}.finals;
  std::string partial_model = SpeechModelNames{}.partials;
  int asr_streams = 512;  // role asr: more are refused
  std::string region;     // where this server stands; recognisers elsewhere get no audio
  std::vector<RecogniserSettings> recognisers;
  std::vector<ChainSettings> chains;
  std::vector<WebhookSettings> webhooks;
  std::vector<std::string> audio_on_disk;  // tenants; see adapters/file_spool
  transcript::Masking masked;              // which numbers beside cards
  std::string log_level = "info";
};

// Applies `file` to `config`. Every problem is listed in the error's message, a line each.
Result<void> load_config(std::filesystem::path const& file, Config& config);
// The token from token_file, where that is set; a token given as such wins. Error bad_config.
Result<void> read_token_file(Config& config);
// What tenants may take where they are named, and where they are not.
std::map<std::string, TenantShare, std::less<>> shares_of(Config const& config);
TenantShare share_of_every(Config const& config);
// Where to listen, by `listen` or else by the role.
std::string listen_address(Config const& config);
// Rules across settings: a listening address beyond this machine needs a token.
Result<void> check_config(Config const& config);
// The settings in force as YAML, each with its meaning; secrets as "(set)".
std::string print_config(Config const& config);

}  // namespace sotto::app

namespace sotto {

template <>
struct Fields<app::ShareSettings> {
  using T = app::ShareSettings;
  static constexpr std::string_view title = "a share";
  static constexpr auto list =
      std::tuple(field("tenant", &T::tenant, {.text = "whose", .identity = true, .unique = true}),
                 field("percent", &T::percent, {.text = "as tenant_share", .least = 1, .most = 100}),
                 field("stored_mib", &T::stored_mib,
                       {.text = "as tenant_stored_mib; 0: no other than that", .least = 0, .most = 1'000'000'000}));
};

template <>
struct Fields<app::Config> {
  using T = app::Config;
  static constexpr std::string_view title = "";
  static constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
  static constexpr auto list = std::tuple(
      field("role", &T::role,
            {.text = "what this process does: all, or a list of gateway, orchestrator, delivery, api, webhooks; or "
                     "asr, alone "
                     "(recognition for other machines, docs/asr.md)"}),
      field("listen", &T::listen, {.text = "address and port; beyond this machine a token is needed"}),
      field("token", &T::token,
            {.text = "secret that sources, pages, scripts and clients of recognition must present",
             .shown = settings::hidden}),
      field("token_file", &T::token_file,
            {.text = "the file whose first line is that secret (else it stands in this file, or is given by "
                     "SOTTO_TOKEN)"}),
      field("tokens", &T::tokens, {.text = "further tokens, each with a scope and roles (docs/access.md)"}),
      field("token_records", &T::token_records,
            {.text = "file of records of tokens, kept by `sotto token` and read again when it changes"}),
      field("allowed_hosts", &T::allowed_hosts,
            {.text = "names under which browsers reach this server: NAME, or NAME:PORT where the port is not 80 or "
                     "443 (docs/proxy.md)"}),
      field("data", &T::data, {.text = "folder of the store"}),
      field("store", &T::store,
            {.text = "where calls are kept, if not in `data` by this process alone: a database that many share "
                     "(docs/scale.md)"}),
      field("bus", &T::bus,
            {.text = "how processes hear of each other's calls, if there is more than this one (docs/scale.md)"}),
      field("keys", &T::keys,
            {.text = "where the master key of stored calls comes from, if not from SOTTO_MASTER_KEY or master.key in "
                     "the folder of the store (docs/adr/0010)"}),
      field("policies", &T::policies, {.text = "folder of policies, one folder a tenant"}),
      field("knowledge", &T::knowledge, {.text = "folder of knowledge articles, one folder a tenant"}),
      field("versions_kept", &T::versions_kept,
            {.text = "versions of each tenant's policies and articles that are kept (sotto policy versions)",
             .least = 1,
             .most = 100'000}),
      field("versions_mib", &T::versions_mib,
            {.text = "MiB that their files may take, a tenant; the newest version is kept whatever it takes",
             .least = 1,
             .most = 1'000'000}),
      field("tenant_share", &T::tenant_share,
            {.text = "percent of what this process holds (calls, questions, bytes that wait) that one tenant may take",
             .least = 1,
             .most = 100}),
      field(
          "tenant_stored_mib", &T::tenant_stored_mib,
          {.text = "MiB that the stored calls of one tenant may take before new ones are refused; 0: as much as there "
                   "is",
           .least = 0,
           .most = 1'000'000'000}),
      field("shares", &T::shares, {.text = "other shares, for tenants by name (docs/access.md)"}),
      field("models", &T::models, {.text = "folder of the model weights (make setup)"}),
      field("web", &T::web, {.text = "folder of the built page"}),
      field("demos", &T::demos, {.text = "folder of the rendered demo calls (make demo)"}),
      field(
          "demo_gateway", &T::demo_gateway,
          {.text =
               "HOST:PORT of a gateway that hears the demo calls, where this process is none (its `token` opens it)"}),
      field("attention_budget", &T::attention_budget,
            {.text = "show one cue at a time, at most one new one in 10 s; off only for measuring"}),
      field("recogniser_threads", &T::recogniser_threads,
            {.text = "recognition threads; 0: one a core", .least = 0, .most = 256}),
      field(
          "final_model", &T::final_model,
          {.text = "speech model of final texts: base, or tiny, which takes half the time and hears fewer words right "
                   "(docs/asr.md)",
           .one_of = kSpeechModels}),
      field("partial_model", &T::partial_model,
            {.text = "speech model of the words that are shown until the final ones come", .one_of = kSpeechModels}),
      field("asr_streams", &T::asr_streams,
            {.text = "role asr: recogniser streams at once, one a channel; more are refused with 429",
             .least = 1,
             .most = 10'000}),
      field("region", &T::region, {.text = "where this server stands: recognisers of another region get no audio"}),
      field("audio_on_disk", &T::audio_on_disk,
            {.text = "tenants that allow recording: while no recogniser answers, what memory (180 s) does not keep "
                     "waits in a file"}),
      field("recognisers", &T::recognisers,
            {.text = "servers of Deepgram's protocol that may hear calls (docs/asr.md)"}),
      field("chains", &T::chains,
            {.text = "whose calls are heard by which recognisers, the best first; without any: local, in this "
                     "process"}),
      field("webhooks", &T::webhooks, {.text = "systems that policies may have told, by name (docs/webhooks.md)"}),
      field("masked", &T::masked,
            {.text = "numbers hidden beside cards and their codes, for a tenant, or for all (docs/entities.md)"}),
      field("log_level", &T::log_level, {.text = "debug, info, warn or error", .one_of = levels}));
  static std::string instead_of(std::string_view key);
};

}  // namespace sotto

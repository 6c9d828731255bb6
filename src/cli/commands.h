// The commands beside `serve`. Each returns the process's exit code: 0 done, 1 failed, 2 wrong use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "net/server_address.h"
#include "roles/config.h"

namespace sotto::app {

struct CallCommand {
  std::filesystem::path file;
  net::ServerAddress server;
  std::string id, tenant = "demo", team, agent = "cli";
  double speed = 1.0;
  bool json = false;
  std::string speaker;                 // of a file with one channel: customer | agent; empty: both are in it
  std::string left = "customer";       // of a file with two channels: who is on the left
  std::vector<std::string> pauses;     // "FROM-TO" in seconds
  std::vector<std::string> parties;    // "NAME:SIDE" of each channel beyond the second
  std::vector<std::string> transfers;  // "SECONDS=AGENT[,TEAM]"
};
// Streams a file as a live call and prints words and cues as they come.
int run_call(CallCommand const& command);

// Which calls are listed; what is empty is any.
struct CallsCommand {
  std::string tenant, team, agent, state, from, before;
  std::size_t limit = 500;
  bool json = false;
};
int run_calls(net::ServerAddress const& server, CallsCommand const& command);
// What is taken back of a call. Each asks for a yes, or wants `yes`.
struct RedactCommand {
  std::string call;
  std::int64_t number = 0;
  bool all = false, yes = false;
  std::vector<std::string> words, ranges;  // ranges: "FROM-TO" in characters
  std::string label, reason;
};
int run_calls_redact(net::ServerAddress const& server, RedactCommand const& command);
struct EraseCommand {
  std::string call, reason;
  bool yes = false;
};
int run_calls_erase(net::ServerAddress const& server, EraseCommand const& command);
int run_events(net::ServerAddress const& server, std::string const& call);

// Versions of a tenant that the server keeps; they need no server.
struct VersionsCommand {
  std::filesystem::path config_file, data;  // of the server; `data` empty: the configuration's
  std::string tenant;
};
int run_policy_versions(VersionsCommand const& command);
// As `diff -u` would; `to` 0: the newest.
int run_policy_diff(VersionsCommand const& command, std::int64_t from, std::int64_t to);
// Writes its files below `out`, which is not there or empty.
int run_policy_restore(VersionsCommand const& command, std::int64_t number, std::filesystem::path const& out);

struct KeysCommand {
  std::filesystem::path config_file, data;  // of the server, which does not run; `data` empty: the configuration's
  std::filesystem::path fresh;              // the file of the new master key; empty: one is made
};
// A new master key for stored calls.
int run_keys_renew(KeysCommand const& command);

struct MigrateCommand {
  std::filesystem::path config_file;
  std::string as;    // address of the database as its owner; empty: the configuration's
  std::string role;  // who may work on the store; empty: whoever the configuration's address names
};
// Makes the shared store, or brings it to this program's version.
int run_store_migrate(MigrateCommand const& command);
// Whether a server could work on it, and if not, what to do.
int run_store_check(std::filesystem::path const& config_file);
struct StoreFile {
  std::filesystem::path config_file, data;  // of the servers, which do not run; `data` empty: the configuration's
  std::filesystem::path file;
};
// All calls of a store, shared or not, as a file (cli/store_copy.h), and back into an empty one.
int run_store_export(StoreFile const& command);
int run_store_import(StoreFile const& command);

struct TranscribeCommand {
  std::vector<std::filesystem::path> files;
  std::filesystem::path models;
  std::string model;  // base or tiny
  bool json = false;
};
// Needs no server.
int run_transcribe(TranscribeCommand const& command);

// Policy files, or folders of a tenant; needs no server. Prints `file:line: reason` for every problem. With a server's
// configuration: webhooks that it does not have are problems too.
int run_policy_check(std::vector<std::filesystem::path> const& paths, std::filesystem::path const& config_file);

struct PolicyCommand {
  std::filesystem::path policies, knowledge, models;  // folders of all tenants; the model weights
};
// Plays a stored call of the server once more and says what every rule made of the words said at `at` ("1:23" or
// seconds; "end": the last ones).
int run_policy_explain(PolicyCommand const& command, net::ServerAddress const& server, std::string const& call,
                       std::string const& at);
// Plays the calls written in `files` (.call, or folders of them) and compares what comes with what they expect. Folders
// that `command` leaves empty are those around the files.
int run_policy_test(PolicyCommand const& command, std::vector<std::filesystem::path> const& files);

// Looks through the server's past calls of `tenant` for what agents answer again and again, and writes rules that
// suggest it to `out`, for a person to read before they are put in force. Leaves out what rules of the tenant watch for
// already.
int run_policy_learn(PolicyCommand const& command, net::ServerAddress const& server, std::string const& tenant,
                     std::size_t least_calls, std::filesystem::path const& out);

struct TrainCommand {
  std::filesystem::path file;  // lines "text TAB intent[, intent]"
  std::filesystem::path out;
  std::filesystem::path models;
  std::uint32_t seed = 1;
};
// Trains, cross-validates and reports. Needs no server.
int run_train_intents(TrainCommand const& command);

struct KnowledgeCommand {
  std::filesystem::path knowledge, models;  // the folder of all tenants' articles; the model weights
  std::string tenant = "demo", team;
  std::vector<std::filesystem::path> files;
  std::string words;
  bool json = false, replace = false;
};
// They need no server. `add` copies files into the tenant's folder after a check of the whole, one that is there only
// with `replace`; a running server takes them up by itself. `search` and `ask` need the sentence encoder; without it
// search goes by words alone.
int run_knowledge_add(KnowledgeCommand const& command);
int run_knowledge_check(KnowledgeCommand const& command);
int run_knowledge_search(KnowledgeCommand const& command);
int run_knowledge_ask(KnowledgeCommand const& command);
// What recognisers of the tenant's calls are told to expect, a term a line.
int run_knowledge_terms(KnowledgeCommand const& command);

}  // namespace sotto::app

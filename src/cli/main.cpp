// Command line: flags to options, nothing else.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/spdlog/log.h"
#include "base/utf8.h"
#include "cli/access_commands.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "library/article_parser.h"
#include "roles/config.h"
#include "roles/process.h"
#include "roles/module.h"

namespace {

using namespace sotto;
using namespace sotto::app;

struct ServeFlags {
  std::string config_file, listen, data, token, token_file, role, models, final_model, partial_model;
  int threads = -1, streams = 0;
  bool check = false, print = false;
};

int run_serve(ServeFlags const& flags) {
  Config config;
  if (!flags.config_file.empty()) {
    if (auto loaded = load_config(flags.config_file, config); !loaded) {
      fmt::print(stderr, "{}\n", loaded.error().message);
      return 2;
    }
  }
  if (!flags.listen.empty()) config.listen = flags.listen;
  if (!flags.data.empty()) config.data = flags.data;
  if (!flags.token.empty()) config.token = flags.token;
  if (!flags.role.empty()) config.role = flags.role;
  if (!flags.models.empty()) config.models = flags.models;
  if (!flags.final_model.empty()) config.final_model = flags.final_model;
  if (!flags.partial_model.empty()) config.partial_model = flags.partial_model;
  if (flags.threads >= 0) config.recogniser_threads = flags.threads;
  if (flags.streams > 0) config.asr_streams = flags.streams;
  if (!flags.token_file.empty()) config.token_file = flags.token_file;
  auto checked = read_token_file(config);
  if (checked) checked = check_config(config);
  if (!checked) {
    fmt::print(stderr, "sotto serve: {}\n", checked.error().message);
    return 2;
  }
  if (flags.print) fmt::print("{}", print_config(config));
  if (flags.check) fmt::print("The configuration is good.\n");
  if (flags.print || flags.check) return 0;
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  prepare_server();
  return run_roles(config);
}

struct ServerFlags {
  std::string url = "http://127.0.0.1:8700", token;

  void add_to(CLI::App& command) {
    command.add_option("--server", url, "the running server")->capture_default_str();
    command.add_option("--token", token, "its token, where it has one")->envname("SOTTO_TOKEN");
  }
  int with(std::function<int(net::ServerAddress const&)> const& run) const {
    auto const server = net::parse_server(url, token);
    if (server) return run(*server);
    fmt::print(stderr, "sotto: {}\n", server.error().message);
    return 2;
  }
};

void add_serve(CLI::App& app, int& code) {
  auto* const command = app.add_subcommand("serve", "Run the server: ingest, recognition, guidance, the agent's page");
  auto const flags = std::make_shared<ServeFlags>();
  command->add_option("--listen", flags->listen,
                      "HOST:PORT; default 127.0.0.1:8700 (role asr: 8701). Beyond this machine a token is needed");
  command->add_option(
      "--role", flags->role,
      "what this process does, with commas between: all (default), or of gateway, orchestrator, delivery, api, "
      "webhooks; or asr, alone");
  command->add_option("--data", flags->data, "folder of the store; default ./data");
  command->add_option("--config", flags->config_file, "YAML file of settings; see --print-config");
  command->add_option("--token", flags->token, "secret that sources, pages and scripts must present")
      ->envname("SOTTO_TOKEN");
  command->add_option("--token-file", flags->token_file, "the file whose first line is that secret");
  command->add_flag("--check-config", flags->check, "say whether the configuration is good, then leave");
  command->add_flag("--print-config", flags->print, "print the settings in force, then leave");
  command->callback([flags, &code] { code = run_serve(*flags); });
}

void add_asr(CLI::App& app, int& code) {
  auto* const command = app.add_subcommand(
      "asr", "Run recognition for other machines: Deepgram's live protocol on the local engine (docs/asr.md)");
  auto const flags = std::make_shared<ServeFlags>();
  flags->role = "asr";
  command->add_option("--listen", flags->listen,
                      "HOST:PORT; default 127.0.0.1:8701. Beyond this machine a key is needed");
  command->add_option("--models", flags->models, "folder of the model weights; default .cache");
  command->add_option("--final-model", flags->final_model, "speech model of final texts: base (default) or tiny");
  command->add_option("--partial-model", flags->partial_model, "the same of interim results");
  command->add_option("--threads", flags->threads, "recognition threads; 0, the default: one a core");
  command->add_option("--streams", flags->streams, "recogniser streams at once, one a channel; default 512");
  command->add_option("--key", flags->token, "secret that clients must present; without one any key is good")
      ->envname("SOTTO_KEY");
  command->add_option("--key-file", flags->token_file, "the file whose first line is that secret");
  command->add_option("--config", flags->config_file, "YAML file of settings; see sotto serve --print-config");
  command->callback([flags, &code] { code = run_serve(*flags); });
}

void add_call(CLI::App& app, int& code) {
  auto* const command =
      app.add_subcommand("call", "Stream a WAV file as a live call; print words and cues as they come");
  auto const call = std::make_shared<app::CallCommand>();
  auto const server = std::make_shared<ServerFlags>();
  command
      ->add_option("file", call->file,
                   "one channel (both parties, who speaks is a guess), two (left customer, right agent), or more with "
                   "--party")
      ->required();
  command->add_option("--speed", call->speed, "audio seconds a second")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  command->add_option("--pause", call->pauses, "FROM-TO in seconds: send nothing in between; may be given again");
  command->add_option(
      "--party", call->parties,
      "NAME:SIDE of each channel beyond the second, such as Interpreter:customer or Kim:agent: a party of "
      "a conference, and on whose side it stands");
  command->add_option("--transfer", call->transfers,
                      "SECONDS=AGENT[,TEAM]: the call goes to another agent then; may be given again");
  command->add_flag("--json", call->json, "print the events, one JSON object a line");
  command->add_option("--id", call->id, "call id; default a new one")->check(kText);
  command->add_option("--tenant", call->tenant, "whose policies and knowledge are in force")
      ->check(kText)
      ->capture_default_str();
  command->add_option("--team", call->team, "the agent's team")->check(kText);
  command->add_option("--agent", call->agent, "the agent")->check(kText)->capture_default_str();
  command->add_option("--left", call->left, "who is on the left of a file with two channels")
      ->check(CLI::IsMember({"customer", "agent"}))
      ->capture_default_str();
  command
      ->add_option("--speaker", call->speaker,
                   "whose voice a file with one channel holds: customer or agent (default: both)")
      ->check(CLI::IsMember({"customer", "agent"}));
  server->add_to(*command);
  command->callback([call, server, &code] {
    code = server->with([&](net::ServerAddress const& address) {
      call->server = address;
      return run_call(*call);
    });
  });
}

void add_calls_redact(CLI::App& calls, int& code) {
  auto* const redact = calls.add_subcommand(
      "redact", "Take words back for ever: where they were said, in every revision and in every quote of them");
  auto const command = std::make_shared<RedactCommand>();
  auto const server = std::make_shared<ServerFlags>();
  redact->add_option("call", command->call, "call id, as `sotto calls` prints it")->required()->check(kText);
  redact->add_option("number", command->number, "the event whose words they are, as `sotto events` prints it")
      ->required()
      ->check(CLI::PositiveNumber);
  auto* const what = redact->add_option_group("what");
  what->add_flag("--all", command->all, "all its words");
  what->add_option("--words", command->words, "words to hide wherever the event says them; may be given again")
      ->check(kText);
  what->add_option("--range", command->ranges, "FROM-TO in characters of its text; may be given again");
  what->require_option(1, 3);
  redact->add_option("--label", command->label, "what stands there instead, in brackets; default redacted");
  redact->add_option("--reason", command->reason, "why, for the server's log")->check(kText);
  redact->add_flag("--yes", command->yes, "do not ask");
  server->add_to(*redact);
  redact->callback([server, command, &code] {
    code = server->with([&](auto const& address) { return run_calls_redact(address, *command); });
  });
}

void add_calls_erase(CLI::App& calls, int& code) {
  auto* const erase =
      calls.add_subcommand("erase", "Erase all of a call that is over, for ever; that there was one remains");
  auto const command = std::make_shared<EraseCommand>();
  auto const server = std::make_shared<ServerFlags>();
  erase->add_option("call", command->call, "call id, as `sotto calls` prints it")->required()->check(kText);
  erase->add_option("--reason", command->reason, "why, for the server's log")->required()->check(kText);
  erase->add_flag("--yes", command->yes, "do not ask");
  server->add_to(*erase);
  erase->callback([server, command, &code] {
    code = server->with([&](auto const& address) { return run_calls_erase(address, *command); });
  });
}

void add_calls(CLI::App& app, int& code) {
  auto const server = std::make_shared<ServerFlags>();
  auto const command = std::make_shared<CallsCommand>();
  auto* const calls = app.add_subcommand("calls", "List the calls of the running server, newest first");
  calls->add_option("--tenant", command->tenant, "whose calls")->check(kText);
  calls->add_option("--team", command->team, "of which team")->check(kText);
  calls->add_option("--agent", command->agent, "of which agent")->check(kText);
  calls->add_option("--state", command->state, "live or ended")->check(CLI::IsMember({"live", "ended"}));
  calls->add_option("--from", command->from, "started then or later: a day (2026-01-31) or a time (RFC 3339)");
  calls->add_option("--before", command->before, "started before");
  calls->add_option("--limit", command->limit, "how many")->check(CLI::Range(1, 500))->capture_default_str();
  calls->add_flag("--json", command->json, "print the server's answer");
  server->add_to(*calls);
  add_calls_redact(*calls, code);
  add_calls_erase(*calls, code);
  calls->callback([server, command, calls, &code] {
    if (!calls->get_subcommands().empty()) return;
    code = server->with([&](auto const& address) { return run_calls(address, *command); });
  });
}

void add_queries(CLI::App& app, int& code) {
  auto const server = std::make_shared<ServerFlags>();
  add_calls(app, code);
  auto* const events = app.add_subcommand("events", "Print the stored events of a call, one JSON object a line");
  auto const id = std::make_shared<std::string>();
  events->add_option("call", *id, "call id")->required()->check(kText);
  server->add_to(*events);
  events->callback(
      [server, id, &code] { code = server->with([&](auto const& address) { return run_events(address, *id); }); });
}

void add_keys(CLI::App& app, int& code) {
  auto* const keys = app.add_subcommand("keys", "Work with the keys of stored calls; the server must not run");
  keys->require_subcommand(1);
  auto* const renew = keys->add_subcommand("renew", "Seal the keys of all stored calls under a new master key");
  auto const command = std::make_shared<KeysCommand>();
  renew->add_option("--data", command->data, "folder of the store; default ./data");
  renew->add_option("--config", command->config_file, "the server's YAML file");
  renew->add_option("--new-key-file", command->fresh,
                    "the file whose first line is the new master key; default: one is made beside the store");
  renew->callback([command, &code] { code = run_keys_renew(*command); });
}

void add_transcribe(CLI::App& app, int& code) {
  auto* const command = app.add_subcommand("transcribe", "Transcribe WAV files; needs no server");
  auto const options = std::make_shared<TranscribeCommand>();
  options->models = Config{}.models;
  options->model = Config{}.final_model;
  command->add_option("files", options->files, "sound files with one or two channels")->required();
  command->add_option("--models", options->models, "folder of the model weights")->capture_default_str();
  command->add_option("--model", options->model, "the speech model: base, or tiny, which is faster and errs more")
      ->check(CLI::IsMember(std::vector<std::string>(kSpeechModels.begin(), kSpeechModels.end())))
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object a file, with word times");
  command->callback([options, &code] { code = run_transcribe(*options); });
}

void add_store(CLI::App& app, int& code) {
  auto* const store = app.add_subcommand("store", "Look after the store of calls (docs/scale.md)");
  store->require_subcommand(1);
  auto const migrate = std::make_shared<MigrateCommand>();
  auto* const make = store->add_subcommand("migrate", "Make the store, or bring it to this program's version");
  make->add_option("--config", migrate->config_file, "the servers' YAML file")->required();
  make->add_option("--as", migrate->as, "the database's address as its owner; default: that of the configuration")
      ->check(kText);
  make->add_option("--role", migrate->role, "the role that servers have; default: that of the configuration's address")
      ->check(kText);
  make->callback([migrate, &code] { code = run_store_migrate(*migrate); });
  auto* const check =
      store->add_subcommand("check", "Say whether servers can work on the store, and if not, what to do");
  auto const config = std::make_shared<std::filesystem::path>();
  check->add_option("--config", *config, "the servers' YAML file")->required();
  check->callback([config, &code] { code = run_store_check(*config); });
  auto const copy = std::make_shared<StoreFile>();
  auto const make_copy = [&](char const* name, char const* help, char const* of_file, int (*run)(StoreFile const&)) {
    auto* const command = store->add_subcommand(name, help);
    command->add_option("file", copy->file, of_file)->required();
    command->add_option("--config", copy->config_file, "the servers' YAML file; none of them may run");
    command->add_option("--data", copy->data, "folder of a store that is not shared; default ./data");
    command->callback([copy, run, &code] { code = run(*copy); });
  };
  make_copy("export", "Write all calls of a store, shared or not, to a file, in the clear", "the file to write",
            run_store_export);
  make_copy("import", "Take all calls of such a file into a store that is empty", "the file to read", run_store_import);
}

void add_policy_learn(CLI::App& policy, int& code) {
  auto* const learn = policy.add_subcommand(
      "learn", "Write rules that suggest what agents answered in past calls, for a person to read first");
  auto const command = std::make_shared<PolicyCommand>();
  *command = {Config{}.policies, Config{}.knowledge, Config{}.models};
  auto const server = std::make_shared<ServerFlags>();
  auto const tenant = std::make_shared<std::string>("demo");
  auto const out = std::make_shared<std::filesystem::path>();
  auto const least = std::make_shared<std::size_t>(3);
  learn->add_option("--tenant", *tenant, "whose calls")->check(kText)->capture_default_str();
  learn->add_option("--out", *out, "the YAML file to write; it must not exist")->required();
  learn->add_option("--calls", *least, "in so many calls at least the answer must have been given")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  learn->add_option("--policies", command->policies, "folder of all tenants' policies")->capture_default_str();
  learn->add_option("--models", command->models, "folder of the model weights")->capture_default_str();
  server->add_to(*learn);
  learn->callback([=, &code] {
    code =
        server->with([&](auto const& address) { return run_policy_learn(*command, address, *tenant, *least, *out); });
  });
}

void add_policy_versions(CLI::App& policy, int& code) {
  auto const command = std::make_shared<VersionsCommand>();
  auto const from = std::make_shared<std::int64_t>(0), to = std::make_shared<std::int64_t>(0);
  auto const out = std::make_shared<std::filesystem::path>();
  auto const make = [&](char const* name, char const* help) {
    auto* const made = policy.add_subcommand(name, help);
    made->add_option("tenant", command->tenant, "whose")->required()->check(kText);
    made->add_option("--data", command->data, "folder of the store; default ./data");
    made->add_option("--config", command->config_file, "the server's YAML file");
    return made;
  };
  auto* const versions =
      make("versions", "List the versions of a tenant's files that came into force: when, whose, what changed");
  versions->callback([command, &code] { code = run_policy_versions(*command); });
  auto* const diff = make("diff", "Say what changed from one version of a tenant's files to another, as diff -u does");
  diff->add_option("from", *from, "its number")->required()->check(CLI::PositiveNumber);
  diff->add_option("to", *to, "the other's; default the newest")->check(CLI::PositiveNumber);
  diff->callback([command, from, to, &code] { code = run_policy_diff(*command, *from, *to); });
  auto* const restore = make("restore", "Write the files of a version of a tenant into a folder");
  restore->add_option("version", *from, "its number")->required()->check(CLI::PositiveNumber);
  restore->add_option("--out", *out, "the folder, which is made")->required();
  restore->callback([command, from, out, &code] { code = run_policy_restore(*command, *from, *out); });
}

void add_policy(CLI::App& app, int& code) {
  auto* const policy = app.add_subcommand("policy", "Work with policy files");
  policy->require_subcommand(1);
  auto* const check = policy->add_subcommand("check", "Say what is wrong in policy files, with file and line");
  auto const paths = std::make_shared<std::vector<std::filesystem::path>>();
  check->add_option("files", *paths, "YAML files, or a tenant's folder")->required();
  auto const config = std::make_shared<std::filesystem::path>();
  check->add_option("--config", *config, "the server's YAML file: webhooks that it does not have are problems too");
  check->callback([paths, config, &code] { code = run_policy_check(*paths, *config); });
  auto const command = std::make_shared<PolicyCommand>();
  *command = {Config{}.policies, Config{}.knowledge, Config{}.models};
  auto const with_folders = [](CLI::App& to, std::shared_ptr<PolicyCommand> const& into, std::string const& otherwise) {
    to.add_option("--policies", into->policies, "folder of all tenants' policies" + otherwise)->capture_default_str();
    to.add_option("--knowledge", into->knowledge, "folder of all tenants' articles" + otherwise)->capture_default_str();
    to.add_option("--models", into->models, "folder of the model weights")->capture_default_str();
  };
  auto* const test =
      policy->add_subcommand("test", "Play written calls (.call) and compare the cues with what they expect");
  test->add_option("files", *paths, "files, or folders with files")->required();
  auto const around = std::make_shared<PolicyCommand>();
  around->models = Config{}.models;
  with_folders(*test, around, "; default: those around the files");
  test->callback([around, paths, &code] { code = run_policy_test(*around, *paths); });
  auto* const explain =
      policy->add_subcommand("explain", "Say what each rule made of the words of a stored call, and why");
  auto const server = std::make_shared<ServerFlags>();
  auto const call = std::make_shared<std::string>(), at = std::make_shared<std::string>("end");
  explain->add_option("call", *call, "call id, as `sotto calls` prints it")->required()->check(kText);
  explain->add_option("--at", *at, "MIN:SEC or seconds into the call")->capture_default_str();
  with_folders(*explain, command, "");
  server->add_to(*explain);
  explain->callback([command, server, call, at, &code] {
    code = server->with([&](auto const& address) { return run_policy_explain(*command, address, *call, *at); });
  });
  add_policy_learn(*policy, code);
  add_policy_versions(*policy, code);
}

void add_train(CLI::App& app, int& code) {
  auto* const train = app.add_subcommand("train", "Train models from a tenant's own examples; needs no server");
  train->require_subcommand(1);
  auto* const intents = train->add_subcommand(
      "intents", "Train what callers want from labelled utterances, and say how good it is (docs/policies.md)");
  auto const command = std::make_shared<TrainCommand>();
  command->models = Config{}.models;
  intents
      ->add_option(
          "file", command->file,
          "lines of a text, a tab and its intent (several: with commas; none), and, each after a tab, what the "
          "other party said before")
      ->required();
  intents->add_option("--out", command->out, "the model; a server reads config/policies/<tenant>/*.intents")
      ->required();
  intents->add_option("--seed", command->seed, "the same file and seed give the same model")->capture_default_str();
  intents->add_option("--models", command->models, "folder of the model weights")->capture_default_str();
  intents->callback([command, &code] { code = run_train_intents(*command); });
}

void add_knowledge(CLI::App& app, int& code) {
  auto* const knowledge = app.add_subcommand("knowledge", "Work with a tenant's articles; needs no server");
  knowledge->require_subcommand(1);
  auto const options = std::make_shared<KnowledgeCommand>();
  options->knowledge = Config{}.knowledge;
  options->models = Config{}.models;
  auto const make = [&](char const* name, char const* help, int (*run)(KnowledgeCommand const&)) {
    auto* const command = knowledge->add_subcommand(name, help);
    command->callback([options, run, &code] { code = run(*options); });
    return command;
  };
  auto const of_tenant = [&](CLI::App* command) {
    command->add_option("--tenant", options->tenant, "whose articles")->check(kText)->capture_default_str();
    command->add_option("--knowledge", options->knowledge, "folder of all tenants' articles")->capture_default_str();
  };
  auto* const add = make("add", "Check articles and copy them into the tenant's folder", run_knowledge_add);
  add->add_option("files", options->files, ".md, .html or .pdf files")->required();
  add->add_flag("--replace", options->replace, "an article of the same name gives way");
  of_tenant(add);
  auto* const check = make("check", "Say what is wrong in articles, with file and line", run_knowledge_check);
  check->add_option("files", options->files, "articles, or a tenant's folder")->required();
  auto const with_words = [&](CLI::App* command, char const* name, char const* help) {
    command->add_option(name, options->words, help)->required()->check(kText);
    of_tenant(command);
    command->add_option("--team", options->team, "the team that asks; default: one without special articles")
        ->check(kText);
    command->add_option("--models", options->models, "folder of the model weights")->capture_default_str();
    command->add_flag("--json", options->json, "print one JSON object");
  };
  with_words(make("search", "List the passages nearest to some words", run_knowledge_search), "words",
             "what to look for");
  with_words(make("ask", "Answer a question as a call would, with its source, or say that there is no answer",
                  run_knowledge_ask),
             "question", "the question in quotation marks");
  auto* const terms = make("terms",
                           "List what recognisers of a tenant's calls are told to expect: keyterms of its policies, "
                           "names in its articles",
                           run_knowledge_terms);
  of_tenant(terms);
  terms->add_option("--models", options->models, "folder of the model weights")->capture_default_str();
  terms->add_flag("--json", options->json, "print one JSON list");
}

// What could not be written was not told, whatever the command says. A reader that has gone wanted no more.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  if (errno != EPIPE) fmt::print(stderr, "sotto: the output cannot be written: {}\n", std::strerror(errno));
  return code == 0 ? 1 : code;
}

}  // namespace

int main(int argc, char** argv) {
  prepare_process();
  start_log();
  CLI::App app("Sotto listens to live calls and puts the right words in front of the agent.", "sotto");
  app.require_subcommand(1);
  int code = 0;
  auto* const parse =
      app.add_subcommand("parse-articles", "")->group("");  // of the server's own (library/article_parser.h)
  parse->callback([&code] { code = run_parse_articles(); });
  add_serve(app, code);
  add_asr(app, code);
  add_call(app, code);
  add_queries(app, code);
  add_keys(app, code);
  add_store(app, code);
  add_token(app, code);
  add_audit(app, code);
  add_transcribe(app, code);
  add_policy(app, code);
  add_train(app, code);
  add_knowledge(app, code);
  try {
    auto arguments = take_arguments(argc, argv);
    std::ranges::reverse(arguments);  // as the parser takes them
    app.parse(std::move(arguments));
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (std::exception const& error) {  // of a library or the disk, which no command foresaw
    auto const* const of_system = dynamic_cast<std::system_error const*>(&error);
    if (!of_system || of_system->code() != std::errc::broken_pipe)
      fmt::print(stderr, "sotto: {}\n", one_line(error.what()));
    return 1;
  }
  return written(code);
}

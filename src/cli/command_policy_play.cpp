#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <yaml-cpp/yaml.h>

#include "adapters/files/file_bytes.h"
#include "adapters/files/folder.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "base/yaml.h"
#include "cli/arguments.h"
#include "cli/call_replay.h"
#include "cli/commands.h"
#include "client/stored_calls.h"
#include "library/tenant_folders.h"
#include "roles/config.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

int failed(std::string const& command, std::string const& reason) {
  fmt::print(stderr, "sotto policy {}: {}\n", command, reason);
  return 1;
}

std::string clock_of(std::int64_t ms) {
  return fmt::format("{}:{:04.1f}", ms / 60000, static_cast<double>(ms % 60000) / 1000);
}

// --- explain ---

void print_happened(Event const& event) {
  auto const print = [](std::string_view kind, std::string const& what, std::string const& policy) {
    fmt::print("  {:9}{}{}\n", kind, what, policy.empty() ? "" : "   (" + policy + ")");
  };
  if (auto const* cue = event.as<Cue>()) print("cue", cue->headline, cue->policy);
  else if (auto const* closed = event.as<CueClosed>()) print("closed", closed->reason, "");
  else if (auto const* tick = event.as<Tick>()) print("ticked", tick->label, tick->policy);
  else if (auto const* alert = event.as<AlertRaised>()) print("alert", alert->message, alert->policy);
  else if (auto const* tagged = event.as<Tagged>()) print("tag", tagged->tag, tagged->policy);
  else if (auto const* request = event.as<WebhookRequested>()) print("webhook", request->webhook, request->policy);
}

// Of the policies that the call had; empty where nothing fired.
std::string version_of(std::vector<Event> const& events) {
  for (auto const& event : events) {
    if (auto const* moment = event.as<Moment>()) return moment->policy_version;
  }
  return "";
}

// What was shown between these words and the next ones.
void print_shown(std::vector<Event> const& events, std::size_t from) {
  fmt::print("\nWhat the call shows from here to the next words:\n");
  for (auto i = from + 1; i < events.size() && !events[i].is<UtteranceFinal>(); ++i) print_happened(events[i]);
}

}  // namespace

int run_policy_explain(PolicyCommand const& command, net::ServerAddress const& server, std::string const& call,
                       std::string const& at) {
  auto const wanted = at == "end" ? std::optional(std::int64_t{1} << 60) : parse_at(at);
  if (!wanted) return failed("explain", "--at must be MIN:SEC (SEC below 60) or seconds, such as 1:23 or 83.5");
  auto const stored = fetch_call(server, call);
  if (!stored) return failed("explain", stored.error().message);
  spdlog::set_level(spdlog::level::warn);
  auto room = CallReplayRoom::make(command.policies, command.knowledge, command.models);
  if (!room) return failed("explain", room.error().message);
  CallReplay call_replay(**room, stored->info);
  std::optional<std::size_t> last;
  Utterance said;
  for (std::size_t i = 0; i < stored->events.size(); ++i) {
    auto const& event = stored->events[i];
    if (auto const* started = event.as<CallStarted>()) call_replay.hand_over(started->info.agent, started->info.team);
    if (auto const* changed = event.as<AgentChanged>(); changed && changed->at_ms <= *wanted)
      call_replay.hand_over(changed->agent, changed->team);
    auto const* utterance = words_of(event);
    if (!utterance || utterance->start_ms > *wanted) continue;
    call_replay.say(*utterance);
    last = i;
    said = *utterance;
  }
  if (!last) return failed("explain", "nothing was said in this call before " + at);
  fmt::print("{} {}: {}\n\n", clock_of(said.start_ms), name(said.said_by()), said.text);
  auto verdicts = call_replay.verdicts();
  std::ranges::sort(verdicts, [](auto const& a, auto const& b) { return a.fired > b.fired; });
  for (auto const& verdict : verdicts)
    fmt::print("{} {:28} {}\n", verdict.fired ? "FIRES" : "  -  ", verdict.rule->id, verdict.why);
  if (verdicts.empty()) fmt::print("No rule listens to these words.\n");
  auto const now = call_replay.policies().version;
  auto const then = version_of(stored->events);
  if (!then.empty() && then != now)
    fmt::print("\nThe call had other policies (version {}); this is what those of now ({}) make of its words.\n", then,
               now);
  print_shown(stored->events, *last);
  return 0;
}

// --- test ---

namespace {

struct WrittenLine {
  std::int64_t at_ms = 0;
  Track speaker = Track::customer;
  std::string text;
};
struct WrittenCall {
  CallInfo info;
  std::vector<WrittenLine> lines;
  std::set<std::string> expect, may;
  std::int64_t until_ms = 0;
};

// A typing error in a key must not make a test that cannot fail. Throws as the library does.
void only_keys(YAML::Node const& map, std::initializer_list<std::string_view> known) {
  std::set<std::string> seen;
  for (auto const& entry : map) {
    auto const key = entry.first.as<std::string>("");
    if (!seen.insert(key).second)
      throw YAML::Exception(entry.first.Mark(), fmt::format("\"{}\" stands there twice", language::escaped(key)));
    if (std::ranges::find(known, key) == known.end())
      throw YAML::Exception(entry.first.Mark(), fmt::format("unknown key \"{}\"; known: {}", language::escaped(key),
                                                            fmt::join(known, ", ")));
  }
}

// "2026-12-24 18:30", UTC.
Time parse_started(YAML::Node const& node) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  char rest = 0;
  auto const written = node.as<std::string>();
  auto const read = std::sscanf(written.c_str(), "%4d-%2d-%2d %2d:%2d%c", &year, &month, &day, &hour, &minute, &rest);
  std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (read != 5 || !date.ok() || hour > 23 || minute > 59)
    throw YAML::Exception(node.Mark(), "started must be written as \"2026-12-24 18:30\" (UTC)");
  return Time(std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute));
}

std::int64_t time_in(YAML::Node const& node) {
  if (auto const at = parse_at(node.as<std::string>())) return *at;
  throw YAML::Exception(node.Mark(), "a time is MIN:SEC (SEC below 60) or seconds, such as 1:23 or 83.5");
}

// A text where a list is meant would expect nothing, and the test could not fail.
YAML::Node list_in(YAML::Node const& root, char const* key) {
  auto const list = root[key];
  if (list && !list.IsNull() && !list.IsSequence())
    throw YAML::Exception(list.Mark(), fmt::format("{} must be a list: [ .. ]", key));
  return list && list.IsSequence() ? list : YAML::Node(YAML::NodeType::Sequence);
}

// A name, or words.
std::string text_in(YAML::Node const& node) {
  auto text = language::plain(node.as<std::string>());
  if (auto const stray = language::stray_character(text); !stray.empty())
    throw YAML::Exception(node.Mark(), fmt::format("holds the character {}", stray));
  return text;
}

std::string spoken_line(YAML::Node const& node) {
  auto const written = node.as<std::string>();
  if (written.size() > limits::kSpokenBytesMax)
    throw YAML::Exception(node.Mark(), fmt::format("{} bytes in a line that is said; at most {}", written.size(),
                                                   limits::kSpokenBytesMax));
  auto said = text_in(node);
  if (!language::has_letter(said)) throw YAML::Exception(node.Mark(), "a line says nothing");
  return said;
}

// Problems of the file become one error with its line.
Result<WrittenCall> read_call(fs::path const& file) {
  try {
    auto const bytes = read_bytes(file, limits::kSettingsBytesMax);
    if (!bytes) return fail("bad_call", fmt::format("{}: {}", file.string(), bytes.error().message));
    auto const loaded = language::load_yaml(*bytes);
    if (!loaded)
      return fail("bad_call", fmt::format("{}:{}: {}", file.string(), loaded.error().line, loaded.error().reason));
    auto const& root = *loaded;
    if (!root.IsMap()) return fail("bad_call", fmt::format("{}: a written call is a map with `lines`", file.string()));
    only_keys(root, {"tenant", "team", "agent", "jurisdiction", "started", "lines", "expect", "may", "until"});
    WrittenCall out{.info = {.id = file.stem().string(), .tracks = {Track::customer, Track::agent}}};
    // config/policies/<tenant>/tests/<name>.call
    auto const around = folders_around(file).tenant.string();
    auto const above = fs::absolute(file).lexically_normal().parent_path().parent_path().filename().string();
    out.info.tenant = root["tenant"].as<std::string>(around.empty() ? above : around);
    out.info.team = root["team"].as<std::string>("");
    out.info.agent = root["agent"].as<std::string>("");
    if (root["jurisdiction"]) out.info.metadata["jurisdiction"] = root["jurisdiction"].as<std::string>();
    out.info.started = Time(std::chrono::sys_days(std::chrono::year(2026) / 12 / 1) + std::chrono::hours(10));
    if (root["started"]) out.info.started = parse_started(root["started"]);
    std::int64_t at_ms = 0;
    for (auto const& line : list_in(root, "lines")) {
      if (!line.IsMap()) throw YAML::Exception(line.Mark(), "a line is { customer: .. } or { agent: .. }");
      only_keys(line, {"agent", "customer", "at"});
      bool const agent = static_cast<bool>(line["agent"]);
      if (agent && line["customer"]) throw YAML::Exception(line.Mark(), "a line is customer's or agent's, not both");
      auto const spoken = line[agent ? "agent" : "customer"];
      if (!spoken)
        return fail("bad_call",
                    fmt::format("{}:{}: a line needs customer or agent", file.string(), line.Mark().line + 1));
      auto const begins = line["at"] ? time_in(line["at"]) : at_ms;
      if (!out.lines.empty() && begins < out.lines.back().at_ms)
        throw YAML::Exception(line.Mark(), "a line lies before the one above it");
      at_ms = begins;
      out.lines.push_back({at_ms, agent ? Track::agent : Track::customer, spoken_line(spoken)});
      at_ms += 400 * (1 + std::ranges::count(out.lines.back().text, ' ')) + 700;
    }
    for (auto const& id : list_in(root, "expect")) out.expect.insert(text_in(id));
    for (auto const& id : list_in(root, "may")) out.may.insert(text_in(id));
    out.until_ms = root["until"] ? time_in(root["until"]) : at_ms + 1000;
    if (out.lines.empty()) return fail("bad_call", fmt::format("{}: no lines", file.string()));
    if (out.until_ms < out.lines.back().at_ms)
      throw YAML::Exception(root["until"].Mark(), "until lies before the last line");
    return out;
  } catch (YAML::Exception const& error) {
    return fail("bad_call", fmt::format("{}:{}: {}", file.string(), error.mark.line + 1, error.msg));
  }
}

// "rule", or for what is no cue "tick:item", "alert:rule", "tag:name", "webhook:name".
std::string name_of(EventBody const& what) {
  if (auto const* cue = std::get_if<Cue>(&what)) return cue->policy;
  if (auto const* tick = std::get_if<Tick>(&what)) return "tick:" + tick->item;
  if (auto const* alert = std::get_if<AlertRaised>(&what)) return "alert:" + alert->policy;
  if (auto const* tagged = std::get_if<Tagged>(&what)) return "tag:" + tagged->tag;
  if (auto const* request = std::get_if<WebhookRequested>(&what)) return "webhook:" + request->webhook;
  return "";
}

// Lines that say what is wrong; none: the call is as it should be.
std::vector<std::string> play(CallReplayRoom& room, WrittenCall const& call) {
  CallReplay call_replay(room, call.info);
  std::vector<std::string> wrong;
  std::set<std::string> seen;
  auto const note = [&](std::vector<Happened> const& happened, std::string const& words) {
    for (auto const& [at_ms, what] : happened) {
      auto const id = name_of(what);
      if (id.empty()) continue;
      seen.insert(id);
      bool const cue = std::holds_alternative<Cue>(what);
      if (cue && !call.expect.contains(id) && !call.may.contains(id))
        wrong.push_back(fmt::format("{} shows {}, which is not expected, after \"{}\"", clock_of(at_ms), id, words));
    }
  };
  std::vector<orchestrator::Verdict> all;
  for (auto const& line : call.lines) {
    note(call_replay.say(line.speaker, line.text, line.at_ms), line.text);
    for (auto const& verdict : call_replay.verdicts()) all.push_back(verdict);
  }
  note(call_replay.pass(call.until_ms), "(time)");
  for (auto const& id : call.expect) {
    if (seen.contains(id)) continue;
    wrong.push_back(fmt::format("{} never comes", id));
    for (auto const& verdict : all) {
      if (verdict.rule->id == id) wrong.push_back("    " + verdict.why);
    }
  }
  return wrong;
}

Result<std::vector<fs::path>> calls_in(std::vector<fs::path> const& paths) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (auto const& path : paths) {
    if (auto const good = judge_tenant_path(path); !good)
      return fail("bad_call", shown_path(path) + ": " + good.error().message);
    if (!fs::is_directory(path, ignored)) {
      out.push_back(path);
      continue;
    }
    auto const is_call = [](fs::path const& file) { return file.extension() == ".call"; };
    auto const is_like_one = [&](fs::path const& file) { return !is_call(file) && seems(file, {".call"}); };
    if (auto const others = files_below(path, {.wanted = is_like_one})) {
      for (auto const& file : others->files)
        fmt::print("{}: note: not read: the name of a written call ends in .call\n", file.string());
    }
    auto const listing = files_below(path, {.wanted = is_call});
    if (!listing) return std::unexpected(listing.error());
    for (auto const& [file, reason] : listing->refused) return fail("bad_call", file + ": " + reason);
    if (auto const names = unread_names(*listing, path); !names.empty())
      fmt::print("{}: note: {}\n", path.string(), names);
    std::ranges::copy(listing->files, std::back_inserter(out));
  }
  std::ranges::sort(out);
  return out;
}

// Folders that the command line does not name are those around the calls.
Result<PolicyCommand> with_folders(PolicyCommand command, std::vector<fs::path> const& paths) {
  if (command.policies.empty()) {
    for (auto const& path : paths) {
      auto const around = folders_around(path).policies;
      auto const policies = around.empty() ? fs::absolute(Config{}.policies).lexically_normal() : around;
      if (around.empty())
        fmt::print("{}: note: no tenant's policies around it; those of {} are taken\n", path.string(),
                   policies.string());
      if (!command.policies.empty() && command.policies != policies)
        return fail("bad_call", fmt::format("{} and {} are of different folders of policies; test them one by one",
                                            paths.front().string(), path.string()));
      command.policies = policies;
    }
  }
  if (!command.knowledge.empty()) return command;
  command.knowledge = command.policies.parent_path() / "knowledge";
  std::error_code failed;
  if (!fs::is_directory(command.knowledge, failed))
    fmt::print("note: there is no folder {}: no article answers in these calls\n", command.knowledge.string());
  return command;
}

// The tenants of the calls; those without a folder have no rules, which is said.
std::set<std::string> tenants_of(std::vector<Result<WrittenCall>> const& calls, fs::path const& policies) {
  std::set<std::string> out;
  std::error_code failed;
  for (auto const& call : calls) {
    if (!call || !out.insert(call->info.tenant).second) continue;
    if (!fs::is_directory(policies / call->info.tenant, failed))
      fmt::print("note: there is no folder {}: no rule fires in calls of tenant {}\n",
                 (policies / call->info.tenant).string(), call->info.tenant);
  }
  return out;
}

}  // namespace

int run_policy_test(PolicyCommand const& given, std::vector<fs::path> const& paths) {
  auto const found = calls_in(paths);
  if (!found) return failed("test", found.error().message);
  auto const& files = *found;
  if (files.empty()) return failed("test", "there is no .call file in " + paths.front().string());
  auto const command = with_folders(given, paths);
  if (!command) return failed("test", command.error().message);
  spdlog::set_level(spdlog::level::warn);
  std::vector<Result<WrittenCall>> calls;
  for (auto const& file : files) calls.push_back(read_call(file));
  auto room = CallReplayRoom::make(command->policies, command->knowledge, command->models,
                                   tenants_of(calls, command->policies));
  if (!room) return failed("test", room.error().message);
  int bad = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto const& file = files[i];
    auto const& call = calls[i];
    auto const wrong = call ? play(**room, *call) : std::vector<std::string>{call.error().message};
    fmt::print("{} {}\n", wrong.empty() ? "ok  " : "FAIL", file.string());
    for (auto const& line : wrong) fmt::print("     {}\n", line);
    bad += wrong.empty() ? 0 : 1;
  }
  auto const [examples, missed] = (*room)->understanding();
  fmt::print("{} {} of {} examples of intents are understood\n", missed.empty() ? "ok  " : "FAIL",
             examples - missed.size(), examples);
  for (auto const& one : missed) fmt::print("     {}\n", one.text());
  bad += missed.empty() ? 0 : 1;
  fmt::print("{} passed, {} failed\n", static_cast<int>(files.size()) + 1 - bad, bad);
  return bad == 0 ? 0 : 1;
}

}  // namespace sotto::app

// `sotto policy versions`, `diff` and `restore`: what the server keeps of a tenant's files. They need no server.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/sqlite/sqlite_versions.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "library/kept_versions.h"
#include "library/text_diff.h"
#include "roles/config.h"

namespace sotto::app {

namespace {

namespace fs = std::filesystem;

Result<std::unique_ptr<sqlite::SqliteVersions>> open_versions(VersionsCommand const& command) {
  Config config;
  if (!command.config_file.empty()) {
    if (auto loaded = load_config(command.config_file, config); !loaded) return std::unexpected(loaded.error());
  }
  return sqlite::SqliteVersions::open_to_read((command.data.empty() ? config.data : command.data) / "versions.db");
}

int say(std::string_view name, Error const& error) {
  fmt::print(stderr, "sotto policy {}: {}\n", name, error.message);
  return 1;
}

Error unknown(std::string const& tenant) {
  return {"no_versions", fmt::format("no version of tenant {} is kept", tenant)};
}

void print_paths(char const* mark, std::vector<std::string> const& paths) {
  for (auto const& path : paths) fmt::print("      {} {}\n", mark, one_line(path));
}

bool is_text(std::string const& bytes) { return is_utf8(bytes) && !bytes.contains('\0'); }

struct Side {
  std::int64_t number = 0;
  std::map<std::string, std::string> files;
};

void print_diff(std::string const& path, Side const& one, Side const& other) {
  auto const before = one.files.find(path), after = other.files.find(path);
  static std::string const kNone;
  auto const& was = before == one.files.end() ? kNone : before->second;
  auto const& is = after == other.files.end() ? kNone : after->second;
  if (was == is && (before == one.files.end()) == (after == other.files.end())) return;
  auto const named = [&](bool there, std::int64_t number) {
    return there ? fmt::format("{}\tversion {}", one_line(path), number) : std::string("/dev/null");
  };
  fmt::print("--- {}\n+++ {}\n", named(before != one.files.end(), one.number),
             named(after != other.files.end(), other.number));
  if (!is_text(was) || !is_text(is)) {
    fmt::print("not text: {} bytes, then {}\n", was.size(), is.size());
    return;
  }
  fmt::print("{}", unified_diff(was, is));
}

Result<Side> side_of(TenantVersions& versions, std::string const& tenant, std::int64_t number) {
  auto files = versions.files(tenant, number);
  if (!files) return std::unexpected(files.error());
  Side out{.number = number, .files = {}};
  for (auto& file : *files) out.files.emplace(std::move(file.path), std::move(file.bytes));
  return out;
}

}  // namespace

int run_policy_versions(VersionsCommand const& command) {
  auto const versions = open_versions(command);
  auto const all = versions ? (*versions)->list(command.tenant) : std::unexpected(versions.error());
  if (!all) return say("versions", all.error());
  if (all->empty()) return say("versions", unknown(command.tenant));
  for (auto const& one : *all) {
    fmt::print("{:4}  {}  {}  {} files, changed by {}\n", one.number, to_rfc3339(one.at), one.digest, one.files,
               one_line(one.who));
    print_paths("+", one.added);
    print_paths("~", one.changed);
    print_paths("-", one.removed);
  }
  return 0;
}

int run_policy_diff(VersionsCommand const& command, std::int64_t from, std::int64_t to) {
  auto const versions = open_versions(command);
  if (!versions) return say("diff", versions.error());
  if (to == 0) {
    auto const all = (*versions)->list(command.tenant);
    if (!all) return say("diff", all.error());
    if (all->empty()) return say("diff", unknown(command.tenant));
    to = all->front().number;
  }
  auto const one = side_of(**versions, command.tenant, from), other = side_of(**versions, command.tenant, to);
  if (!one || !other) return say("diff", one ? other.error() : one.error());
  std::map<std::string, std::string> paths = one->files;
  paths.insert(other->files.begin(), other->files.end());
  for (auto const& [path, bytes] : paths) print_diff(path, *one, *other);
  return 0;
}

int run_policy_restore(VersionsCommand const& command, std::int64_t number, fs::path const& out) {
  std::error_code failed;
  if (fs::exists(out, failed) && !(fs::is_directory(out, failed) && fs::is_empty(out, failed)))
    return say("restore", {"exists", fmt::format("{} is there: name a folder that is not", shown_path(out))});
  auto const versions = open_versions(command);
  auto const files = versions ? (*versions)->files(command.tenant, number) : std::unexpected(versions.error());
  if (!files) return say("restore", files.error());
  if (auto written = write_version(*files, out); !written) return say("restore", written.error());
  fmt::print(
      "Version {} of tenant {}: {} files in {}. Look them through, then copy policies/ and knowledge/ into the "
      "tenant's "
      "folders.\n",
      number, one_line(command.tenant), files->size(), shown_path(out));
  return 0;
}

}  // namespace sotto::app

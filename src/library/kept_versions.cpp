#include "library/kept_versions.h"

#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/files/file_bytes.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPolicies = "policies", kKnowledge = "knowledge";
// Versions tried until one is good: an older one is not what anybody expects any more.
constexpr std::size_t kTried = 5;

Result<void> gather(std::string_view name, fs::path const& root, Result<Listing> const& listing, std::size_t bytes_max,
                    std::vector<VersionFile>& out) {
  if (!listing) return std::unexpected(listing.error());
  for (auto const& file : listing->files) {
    auto bytes = read_bytes(file, bytes_max);
    if (!bytes) return fail(bytes.error().code, shown_path(file) + ": " + bytes.error().message);
    out.push_back({fmt::format("{}/{}", name, file.lexically_relative(root).generic_string()), std::move(*bytes)});
  }
  return {};
}

std::string owner_of(fs::path const& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) return "";
  std::array<char, 4096> text{};
  passwd entry{}, *known = nullptr;
  if (::getpwuid_r(found.st_uid, &entry, text.data(), text.size(), &known) == 0 && known) return known->pw_name;
  return fmt::format("uid {}", found.st_uid);
}

// Whose the files are that are not as before.
std::string owners(std::vector<VersionFile> const& now, std::vector<VersionFile> const& before,
                   fs::path const& policies, fs::path const& knowledge) {
  std::map<std::string_view, std::string_view> known;
  for (auto const& file : before) known.emplace(file.path, file.bytes);
  std::set<std::string> names;
  for (auto const& file : now) {
    if (auto const same = known.find(file.path); same != known.end() && same->second == file.bytes) continue;
    auto const slash = file.path.find('/');
    auto const& root = file.path.starts_with(kPolicies) ? policies : knowledge;
    if (auto name = owner_of(root / file.path.substr(slash + 1)); !name.empty()) names.insert(std::move(name));
  }
  return names.empty() ? "-" : fmt::format("{}", fmt::join(names, ", "));
}

// Nothing of a version is written outside its folder, whatever the store says.
bool is_within(fs::path const& path) {
  return path.is_relative() && !path.empty() &&
         std::ranges::none_of(path, [](fs::path const& part) { return part == ".." || part == "."; });
}

}  // namespace

Result<std::vector<VersionFile>> gather_version(fs::path const& policies, fs::path const& knowledge) {
  std::vector<VersionFile> out;
  if (auto done = gather(kPolicies, policies, policy_files(policies), limits::kTrainedBytesMax, out); !done)
    return std::unexpected(done.error());
  auto articles = article_files(knowledge);
  std::error_code failed;
  if (articles && fs::exists(knowledge / "questions.yaml", failed))
    articles->files.push_back(knowledge / "questions.yaml");
  if (auto done = gather(kKnowledge, knowledge, articles, limits::kArticleBytesMax, out); !done)
    return std::unexpected(done.error());
  std::ranges::sort(out, {}, &VersionFile::path);
  return out;
}

Result<void> write_version(std::vector<VersionFile> const& files, fs::path const& folder) {
  for (auto const& [path, bytes] : files) {
    if (!is_within(path)) return fail("bad_path", fmt::format("{} leads out of its folder", one_line(path)));
    auto const file = folder / path;
    std::error_code failed;
    fs::create_directories(file.parent_path(), failed);
    std::ofstream out(file, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (failed || !out) return fail("unwritable", fmt::format("{} cannot be written", shown_path(file)));
  }
  return {};
}

void KeptVersions::keep(std::string const& tenant, std::string const& digest, fs::path const& policies,
                        fs::path const& knowledge, Time at) {
  auto const now = gather_version(policies, knowledge);
  auto const all = now ? versions_.list(tenant) : std::unexpected(now.error());
  if (all && all->empty() && now->empty()) return;  // a folder of something else
  std::vector<VersionFile> before;
  if (all && !all->empty()) {
    if (auto newest = versions_.files(tenant, all->front().number)) before = std::move(*newest);
  }
  auto const kept = all ? versions_.keep(tenant, digest, owners(*now, before, policies, knowledge), at, *now)
                        : std::unexpected(all.error());
  if (!kept) return spdlog::error("tenant {}: version {} is not kept: {}", tenant, digest, kept.error().message);
  if (all->empty() || all->front().number != *kept)
    spdlog::info("tenant {}: version {} is kept as number {}", tenant, digest, *kept);
}

Result<KeptVersions::Good> KeptVersions::read(std::string const& tenant, VersionFacts const& facts,
                                              ArticleTools const& tools) {
  auto const files = versions_.files(tenant, facts.number);
  if (!files) return std::unexpected(files.error());
  std::error_code ignored;
  fs::remove_all(scratch_, ignored);
  auto const written = write_version(*files, scratch_);
  auto good = written ? Result<Good>(Good{read_tenant(scratch_ / kPolicies, scratch_ / kKnowledge, tools), facts})
                      : std::unexpected(written.error());
  fs::remove_all(scratch_, ignored);
  if (good && !good->files.problems.empty()) return fail("wrong", good->files.problems.front().reason);
  return good;
}

std::optional<KeptVersions::Good> KeptVersions::last_good(std::string const& tenant, ArticleTools const& tools) {
  auto const all = versions_.list(tenant);
  if (!all) spdlog::error("tenant {}: its earlier versions cannot be read: {}", tenant, all.error().message);
  for (std::size_t i = 0; all && i < std::min(all->size(), kTried); ++i) {
    auto const& facts = all->at(i);
    if (facts.files == 0) return std::nullopt;  // it was taken out of force
    if (auto good = read(tenant, facts, tools)) return std::move(*good);
    else
      spdlog::error("tenant {}: its version {} is not good any more: {}", tenant, facts.number, good.error().message);
  }
  return std::nullopt;
}

std::vector<std::string> KeptVersions::tenants() {
  auto names = versions_.tenants();
  if (!names) spdlog::error("earlier versions of tenants cannot be read: {}", names.error().message);
  return std::move(names).value_or(std::vector<std::string>{});
}

}  // namespace sotto::app

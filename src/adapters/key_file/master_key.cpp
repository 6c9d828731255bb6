#include "adapters/key_file/master_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/child/child.h"
#include "adapters/key_file/key_disk.h"
#include "adapters/key_file/key_file.h"
#include "adapters/key_file/renewal.h"
#include "adapters/openssl/base64.h"

namespace sotto {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTextMax = 4096;  // more than any way to write 32 bytes
constexpr auto kCommandPatience = 30s;

std::unexpected<Error> bad(std::string what) { return fail("bad_master_key", std::move(what)); }

// A text that leaves nothing behind in memory.
struct HeldText {
  std::string text;
  ~HeldText() { cleanse(text); }
};

// How a file was read; it is closed with the object.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(OpenFile const&) = delete;
  OpenFile& operator=(OpenFile const&) = delete;
  int operator*() const { return descriptor_; }

 private:
  int const descriptor_;
};

Result<void> run_command(std::vector<std::string> const& command, Key& key) {
  auto printed = run_tool(command, kTextMax, kCommandPatience, {.cpu_seconds = 30, .trusted = true});
  auto const place = fmt::format("the command of keys ({})", command.front());
  if (!printed) return bad(fmt::format("{}: {}", place, printed.error().message));
  HeldText const held{std::move(*printed)};
  return parse_master_key(held.text, place, key);
}

}  // namespace

Result<void> read_master_key(std::filesystem::path const& path, Key& key) {
  OpenFile const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (*file < 0) return bad(fmt::format("the master key's file {}: {}", path.string(), std::strerror(errno)));
  if (auto judged = judge_secret_file(*file, path, true); !judged) return bad(judged.error().message);
  HeldText held{std::string(kTextMax, '\0')};
  auto const got = ::read(*file, held.text.data(), held.text.size());
  if (got < 0) return bad(fmt::format("the master key's file {}: {}", path.string(), std::strerror(errno)));
  std::string_view line(held.text.data(), static_cast<std::size_t>(got));
  return parse_master_key(line.substr(0, line.find('\n')), path.string(), key);
}

// Under another name first: the file is there whole or not at all.
Result<void> make_master_key(std::filesystem::path const& path, Key& key) {
  key = random_key();
  HeldText held{to_hex({reinterpret_cast<char const*>(key.data()), key.size()}) + "\n"};
  auto const fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  OpenFile const file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  auto const size = static_cast<ssize_t>(held.text.size());
  if (*file < 0 || ::write(*file, held.text.data(), held.text.size()) != size || ::fsync(*file) != 0 ||
      ::rename(fresh.c_str(), path.c_str()) != 0)
    return bad(fmt::format("cannot make the master key's file {}: {}", path.string(), std::strerror(errno)));
  return sync_folder_of(path);
}

Result<MasterKeyPlace> find_master_key(KeyFiles const& files, bool stands, KeySettings const& settings, Key& key) {
  auto const from = [](MasterKeyPlace place, Result<void> found) -> Result<MasterKeyPlace> {
    if (!found) return std::unexpected(found.error());
    return place;
  };
  if (auto const* const given = std::getenv(kMasterKeyVariable))
    return from(MasterKeyPlace::environment, parse_master_key(given, kMasterKeyVariable, key));
  if (!settings.command.empty()) return from(MasterKeyPlace::command, run_command(settings.command, key));
  if (!settings.file.empty()) return from(MasterKeyPlace::file, read_master_key(settings.file, key));
  std::error_code failed;
  if (std::filesystem::exists(std::filesystem::symlink_status(files.master, failed)))
    return from(MasterKeyPlace::own, read_master_key(files.master, key));
  if (stands)
    return bad(
        fmt::format("{} is there and its master key is not: neither {} nor a setting in `keys` nor {}. Stored "
                    "calls cannot be read without it",
                    files.keys.string(), kMasterKeyVariable, files.master.string()));
  if (auto made = make_master_key(files.master, key); !made) return std::unexpected(made.error());
  spdlog::info("the master key of stored calls was made: {}. Without it they cannot be read: keep a copy elsewhere",
               files.master.string());
  return MasterKeyPlace::own;
}

Result<void> parse_master_key(std::string_view text, std::string_view place, Key& key) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return bad(fmt::format("{} holds no master key: it is empty", place));
  text = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  auto bytes = from_hex(text);
  if (!bytes || bytes->size() != key.size()) bytes = from_base64(text);
  if (!bytes || bytes->size() != key.size()) {
    return bad(
        fmt::format("{} holds no master key: 32 bytes as 64 hex digits or in base64, for instance of `openssl "
                    "rand -hex 32`; what stands there has {} characters",
                    place, text.size()));
  }
  std::memcpy(key.data(), bytes->data(), key.size());
  cleanse(*bytes);
  return {};
}

// Made here it is its user's alone; one that others may write in could be given another file of keys.
static Result<void> prepare_folder(std::filesystem::path const& folder) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (fs::create_directories(folder, failed)) fs::permissions(folder, fs::perms::owner_all, failed);
  auto const mode = failed ? fs::perms::unknown : fs::status(folder, failed).permissions();
  if (failed) return fail("keys_failed", fmt::format("{}: {}", folder.string(), failed.message()));
  if ((mode & (fs::perms::group_write | fs::perms::others_write)) == fs::perms::none) return {};
  return fail("keys_failed",
              fmt::format("others may write in {}: take a folder of its own, or chmod go-w it", folder.string()));
}

Result<std::unique_ptr<CallKeys>> open_call_keys(std::filesystem::path const& folder, KeySettings const& settings) {
  if (auto prepared = prepare_folder(folder); !prepared) return std::unexpected(prepared.error());
  KeyFiles const files(folder);
  std::error_code failed;
  auto const size = std::filesystem::file_size(files.keys, failed);
  HeldKey master;
  auto const place = find_master_key(files, !failed && size > 0, settings, *master);
  if (!place) return std::unexpected(place.error());
  auto keys = open_after_renewal(files, *place, *master);
  if (!keys) return std::unexpected(keys.error());
  if (auto const count = (*keys)->garbled())
    spdlog::warn("{}: {} keys were torn or garbled and are taken for destroyed", files.keys.string(), count);
  return std::move(*keys);
}

}  // namespace sotto

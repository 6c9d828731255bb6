// The module `tokens`: the file of token records, read again when it changes, on a thread of its own: the disk it
// stands on may keep it waiting. A file that is wrong or gone leaves the records before it in force.
#include <thread>

#include <spdlog/spdlog.h>

#include "adapters/files/file_bytes.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include "roles/makers.h"

namespace sotto::app {

namespace {

constexpr auto kLook = std::chrono::seconds(1);

class TokensService final : public Service {
 public:
  TokensService(Parts& parts, std::string bytes)
      : parts_(parts), file_(parts.config.token_records), seen_(std::move(bytes)) {
    if (!file_.empty()) watch_ = std::jthread([this](std::stop_token const& stop) { watch(stop); });
  }

  std::vector<std::string> notes() const override {
    if (wrong_.empty()) return {};
    return {"the records before are in force: " + one_line(wrong_)};
  }

 private:
  void watch(std::stop_token const& stop) {
    Mutex mutex;
    Condition never;
    for (;;) {
      {
        Lock const hold(mutex);
        never.wait_for(mutex, stop, kLook, [] { return false; });
      }
      if (stop.stop_requested()) return;
      auto bytes = read_bytes(file_, limits::kSettingsBytesMax);
      if (bytes == seen_) continue;
      seen_ = std::move(bytes);
      parts_.loop.post([this, records = records_of(seen_)] { change(records); });
    }
  }

  Result<std::vector<TokenSettings>> records_of(Result<std::string> const& bytes) const {
    if (bytes) return parse_token_records(file_, *bytes);
    return fail("bad_config", shown_path(file_) + ": " + bytes.error().message);
  }

  void change(Result<std::vector<TokenSettings>> const& records) {
    auto const set = records ? parts_.tokens.set_records(*records) : std::unexpected(records.error());
    wrong_ = set ? "" : set.error().message;
    if (set) spdlog::info("{} token records are in force", records->size());
    else spdlog::error("token records: {}; those before are in force", wrong_);
  }

  Parts& parts_;
  std::filesystem::path const file_;
  Result<std::string> seen_;  // of the thread once it runs
  std::string wrong_;         // of the loop
  std::jthread watch_;
};

}  // namespace

Made make_tokens(Parts& parts) {
  auto const& file = parts.config.token_records;
  if (file.empty()) return std::make_unique<TokensService>(parts, "");
  auto bytes = read_bytes(file, limits::kSettingsBytesMax);
  if (!bytes) return fail("bad_config", "token_records " + shown_path(file) + ": " + bytes.error().message);
  auto const records = parse_token_records(file, *bytes);
  if (!records) return std::unexpected(records.error());
  if (auto const set = parts.tokens.set_records(*records); !set) return std::unexpected(set.error());
  return std::make_unique<TokensService>(parts, std::move(*bytes));
}

}  // namespace sotto::app

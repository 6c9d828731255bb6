// The module `access_log`: who read and changed stored calls, in the folder of the store or, shared, in the database.
#include "adapters/access_file/access_file.h"
#include "adapters/postgres/access_rows.h"
#include "roles/makers.h"

namespace sotto::app {

namespace {

class AccessLogService final : public Service {
 public:
  AccessLogService(Parts& parts, std::unique_ptr<AccessLog> log) : parts_(parts), log_(std::move(log)) {
    parts.access = log_.get();
    parts.loop.every("access log", std::chrono::seconds(1), [this] { try_again(); });
  }

  std::string not_ready() const override {
    auto const trouble = log_->trouble();
    return trouble.empty() ? "" : "nothing is shown while it cannot be written: " + trouble;
  }

 private:
  // Nobody is sent here while it cannot be written, so nobody would find that it can be again: an entry of its own
  // does, and tells of the time without.
  void try_again() {
    if (trying_ || log_->trouble().empty()) return;
    trying_ = true;
    log_->append({.at = parts_.clock.now(),
                  .who = {.name = parts_.worker},
                  .permission = "none",
                  .request = "the access log",
                  .detail = "could not be written: " + log_->trouble()},
                 [this](Result<void> const&) { trying_ = false; });
  }

  Parts& parts_;
  bool trying_ = false;
  std::unique_ptr<AccessLog> log_;
};

}  // namespace

Made make_access_log(Parts& parts) {
  auto const& config = parts.config;
  if (config.store.shared())
    return std::make_unique<AccessLogService>(
        parts, std::make_unique<postgres::AccessRows>(config.store.postgresql, parts.loop));
  auto log = AccessFile::open(config.data / "access", parts.loop);
  if (!log) return std::unexpected(log.error());
  return std::make_unique<AccessLogService>(parts, std::move(*log));
}

}  // namespace sotto::app

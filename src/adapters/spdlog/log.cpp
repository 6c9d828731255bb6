#include "adapters/spdlog/log.h"

#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/utf8.h"

namespace sotto::app {

namespace {

constexpr std::size_t kLineMax = 2000;

// spdlog's pattern, over a message in which nothing is left that a terminal or a reader of lines would act on.
class OneLineFormatter final : public spdlog::formatter {
 public:
  void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& out) override {
    auto const line = one_line({message.payload.data(), message.payload.size()}, kLineMax);
    auto clean = message;
    clean.payload = line;
    pattern_.format(clean, out);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<OneLineFormatter>(); }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc};
};

}  // namespace

void start_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("sotto"));
  spdlog::set_formatter(std::make_unique<OneLineFormatter>());
}

}  // namespace sotto::app

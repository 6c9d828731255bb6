// The store of a configuration, opened by a command as a server would: for looking through all of it, or filling it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/executor.h"
#include "base/work_queue.h"
#include "ports/call_index.h"
#include "ports/call_keys.h"
#include "ports/call_log.h"
#include "roles/config.h"

namespace sotto::app {

class OpenStore {
 public:
  // Errors: of the settings, and why a server could not start either.
  static Result<std::unique_ptr<OpenStore>> open(Config const& config);
  ~OpenStore();

  CallLog& log() { return *log_; }
  CallIndex& calls() { return *calls_; }

  void pause(Duration duration);
  // What `request` asks for; waits.
  template <typename T, typename Ask>
  Result<T> ask(Ask request) {
    std::optional<Result<T>> answer;
    request(Then<T>([&](Result<T> result) { answer = std::move(result); }));
    while (!answer)
      for (auto& task : loop_.take()) task();
    return std::move(*answer);
  }

 private:
  class Loop final : public Executor {
   public:
    void post(std::function<void()> task) override { tasks_.push(std::move(task)); }
    std::deque<std::function<void()>> take() { return tasks_.take(); }

   private:
    WorkQueue<std::function<void()>> tasks_;
  };
  OpenStore() = default;

  Loop loop_;
  SystemClock clock_;
  std::unique_ptr<CallKeys> keys_;
  std::unique_ptr<CallLog> log_;
  CallIndex* calls_ = nullptr;
};

}  // namespace sotto::app

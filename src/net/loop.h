// The loop that owns calls: one thread, one io_context (design.md section 5). Every coroutine is started through
// spawn(), which logs what ends it; nothing is left detached unseen.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "base/executor.h"

namespace sotto::net {

namespace asio = boost::asio;

class Loop final : public Executor {
 public:
  // Thread-safe.
  void post(std::function<void()> task) override { asio::post(context_, std::move(task)); }
  // Runs until stop(); on the calling thread.
  void run() { context_.run(); }
  void stop() { context_.stop(); }
  asio::io_context& context() { return context_; }

  template <typename Coroutine>
  void spawn(std::string name, Coroutine coroutine) {
    asio::co_spawn(context_, std::move(coroutine), [name = std::move(name)](std::exception_ptr failure) {
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (std::exception const& error) {
        spdlog::warn("{} ended: {}", name, error.what());
      }
    });
  }

 private:
  asio::io_context context_{1};
  // Models and the store post from threads of their own: the loop does not end while they think.
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

// Wakes one waiting coroutine; a wake-up that comes first is kept. Confined to the loop.
class Signal {
 public:
  explicit Signal(asio::io_context& context) : timer_(context, asio::steady_timer::time_point::max()) {}
  void raise() {
    raised_ = true;
    timer_.cancel();
  }
  asio::awaitable<void> wait() {
    while (!raised_) {
      boost::system::error_code cancelled;
      timer_.expires_at(asio::steady_timer::time_point::max());
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    raised_ = false;
  }

 private:
  asio::steady_timer timer_;
  bool raised_ = false;
};

}  // namespace sotto::net

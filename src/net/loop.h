// The loop that owns calls: one thread, one io_context. A coroutine of one connection is started
// through spawn(), which logs what ends it. What the process cannot be without runs through every() or spawn_vital():
// a step that fails is logged, counted and tried again, and while it goes on failing trouble() says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
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

  // For one connection, one call: its end by an exception touches nobody else.
  template <typename Coroutine>
  void spawn(std::string name, Coroutine coroutine) {
    asio::co_spawn(context_, std::move(coroutine), [name = std::move(name)](std::exception_ptr failure) {
      if (failure) spdlog::warn("{} ended: {}", name, what(failure));
    });
  }
  // For the process: when it ends by an exception, trouble() names it for good.
  template <typename Coroutine>
  void spawn_vital(std::string name, Coroutine coroutine) {
    asio::co_spawn(context_, std::move(coroutine), [this, name = std::move(name)](std::exception_ptr failure) {
      if (!failure) return;
      spdlog::error("{} ended: {}", name, what(failure));
      failing_[name] = kFailuresMost;
    });
  }
  // Runs `step` every `period`, from now on until the loop stops. Thread: this loop's.
  void every(std::string name, std::chrono::milliseconds period, std::function<void()> step) {
    spawn_vital(name, run_every(name, period, std::move(step)));
  }
  // Runs `step` once, after `wait`. Thread: this loop's.
  void after(std::chrono::microseconds wait, std::function<void()> step) {
    spawn("timer", run_after(wait, std::move(step)));
  }
  // The names of what the process cannot be without and does not work, with commas; empty: all is well.
  std::string trouble() const {
    std::string out;
    for (auto const& [name, failures] : failing_) {
      if (failures >= kFailuresMost) out += (out.empty() ? "" : ", ") + name;
    }
    return out;
  }
  std::uint64_t failed_steps() const { return failed_steps_; }

 private:
  static constexpr int kFailuresMost = 3;  // in turn; a single one may be chance

  static std::string what(std::exception_ptr const& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (std::exception const& error) {
      return error.what();
    } catch (...) {
      return "an exception of no known type";
    }
  }
  asio::awaitable<void> run_every(std::string name, std::chrono::milliseconds period, std::function<void()> step) {
    asio::steady_timer timer(context_);
    for (boost::system::error_code stopped; !stopped;) {
      timer.expires_after(period);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
      try {
        step();
        failing_.erase(name);
      } catch (...) {
        ++failed_steps_;
        auto& failures = failing_[name];
        if (++failures <= kFailuresMost || failures % 1000 == 0)
          spdlog::error("{} failed, tried again: {}", name, what(std::current_exception()));
      }
    }
  }

  asio::awaitable<void> run_after(std::chrono::microseconds wait, std::function<void()> step) {
    asio::steady_timer timer(context_, wait);
    co_await timer.async_wait(asio::use_awaitable);
    step();
  }

  asio::io_context context_{1};
  std::map<std::string, int> failing_;  // failures in turn
  std::uint64_t failed_steps_ = 0;
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

// The loop that owns calls: one thread, one io_context. A coroutine of one connection is started
// through spawn(), which logs what ends it. What the process cannot be without runs through every() or spawn_vital():
// a step that fails is logged, counted and tried again, and while it goes on failing trouble() says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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
  void spawn(std::string name, asio::awaitable<void> coroutine);
  // For the process: when it ends by an exception, trouble() names it for good.
  void spawn_vital(std::string name, asio::awaitable<void> coroutine);
  // Runs `step` every `period`, from now on until the loop stops. Thread: this loop's.
  void every(std::string name, std::chrono::milliseconds period, std::function<void()> step);
  // Runs `step` once, after `wait`. Thread: this loop's.
  void after(std::chrono::microseconds wait, std::function<void()> step);
  // The names of what the process cannot be without and does not work, with commas; empty: all is well.
  std::string trouble() const;
  std::uint64_t failed_steps() const { return failed_steps_; }

 private:
  asio::awaitable<void> run_every(std::string name, std::chrono::milliseconds period, std::function<void()> step);
  asio::awaitable<void> run_after(std::chrono::microseconds wait, std::function<void()> step);

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
  void raise();
  asio::awaitable<void> wait();

 private:
  asio::steady_timer timer_;
  bool raised_ = false;
};

}  // namespace sotto::net

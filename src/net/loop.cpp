#include "net/loop.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <spdlog/spdlog.h>

namespace sotto::net {

namespace {

constexpr int kFailuresMost = 3;  // in turn; a single one may be chance

std::string what(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (std::exception const& error) {
    return error.what();
  } catch (...) {
    return "an exception of no known type";
  }
}

}  // namespace

void Loop::spawn(std::string name, asio::awaitable<void> coroutine) {
  asio::co_spawn(context_, std::move(coroutine), [name = std::move(name)](std::exception_ptr const& failure) {
    if (failure) spdlog::warn("{} ended: {}", name, what(failure));
  });
}

void Loop::spawn_vital(std::string name, asio::awaitable<void> coroutine) {
  asio::co_spawn(context_, std::move(coroutine), [this, name = std::move(name)](std::exception_ptr const& failure) {
    if (!failure) return;
    spdlog::error("{} ended: {}", name, what(failure));
    failing_[name] = kFailuresMost;
  });
}

void Loop::every(std::string name, std::chrono::milliseconds period, std::function<void()> step) {
  spawn_vital(name, run_every(name, period, std::move(step)));
}

void Loop::after(std::chrono::microseconds wait, std::function<void()> step) {
  spawn("timer", run_after(wait, std::move(step)));
}

std::string Loop::trouble() const {
  std::string out;
  for (auto const& [name, failures] : failing_) {
    if (failures >= kFailuresMost) out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

asio::awaitable<void> Loop::run_every(std::string name, std::chrono::milliseconds period, std::function<void()> step) {
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

asio::awaitable<void> Loop::run_after(std::chrono::microseconds wait, std::function<void()> step) {
  asio::steady_timer timer(context_, wait);
  co_await timer.async_wait(asio::use_awaitable);
  step();
}

void Signal::raise() {
  raised_ = true;
  timer_.cancel();
}

asio::awaitable<void> Signal::wait() {
  while (!raised_) {
    boost::system::error_code cancelled;
    timer_.expires_at(asio::steady_timer::time_point::max());
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  raised_ = false;
}

}  // namespace sotto::net

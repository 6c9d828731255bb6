// What many sockets have to say is written in rounds, one socket after another. A round that took long makes the next
// one wait, a few milliseconds at most: what is told meanwhile goes along, and a socket that is told of eight things
// costs one system call in place of eight. While rounds are short nobody waits. Confined to the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/loop.h"

namespace sotto::net {

class WriteRounds : public std::enable_shared_from_this<WriteRounds> {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kWaitMost{5};

  explicit WriteRounds(Loop& loop, std::function<Clock::time_point()> now = &Clock::now)
      : loop_(loop), now_(std::move(now)) {}
  // `write` runs in the next round, once, never inside the call.
  void add(std::function<void()> write);
  std::uint64_t rounds() const { return rounds_; }

 private:
  void schedule();
  void run();

  Loop& loop_;
  std::function<Clock::time_point()> const now_;
  std::vector<std::function<void()>> due_;
  bool scheduled_ = false;
  Clock::time_point ended_{};
  Clock::duration took_{};
  std::uint64_t rounds_ = 0;
};

}  // namespace sotto::net

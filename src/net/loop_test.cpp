#include "net/loop.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sotto::net {

using namespace std::chrono_literals;

TEST(Loop, AStepThatFailsIsTriedAgainAndTroubleSaysSo) {
  Loop loop;
  int steps = 0;
  std::string at_worst;
  loop.every("reload", 1ms, [&] {
    if (++steps <= 5) throw std::runtime_error("the disk hiccups");
    if (steps == 6) at_worst = loop.trouble();
    if (steps == 8) loop.stop();
  });
  loop.run();
  EXPECT_EQ(at_worst, "reload");
  EXPECT_EQ(loop.trouble(), "") << "it works again";
  EXPECT_EQ(loop.failed_steps(), 5u);
}

TEST(Loop, OneFailureIsNoTrouble) {
  Loop loop;
  int steps = 0;
  loop.every("beat", 1ms, [&] {
    if (++steps == 1) throw std::bad_alloc();
    EXPECT_EQ(loop.trouble(), "");
    loop.stop();
  });
  loop.run();
}

TEST(Loop, WhatTheProcessCannotBeWithoutIsMissedWhenItEnds) {
  Loop loop;
  loop.spawn_vital("acceptor", [](Loop& of) -> asio::awaitable<void> {
    co_await asio::post(of.context(), asio::use_awaitable);
    throw std::runtime_error("gone");
  }(loop));
  loop.spawn("connection", [](Loop& of) -> asio::awaitable<void> {
    co_await asio::post(of.context(), asio::use_awaitable);
    of.post([&of] { of.stop(); });
    throw std::runtime_error("a peer that misbehaves");
  }(loop));
  loop.run();
  EXPECT_EQ(loop.trouble(), "acceptor");
}

}  // namespace sotto::net

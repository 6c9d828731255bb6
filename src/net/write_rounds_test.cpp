#include "net/write_rounds.h"

#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sotto::net {
namespace {

TEST(WriteRounds, WhatIsDueGoesInOneRoundAndWhatItBringsInTheNext) {
  Loop loop;
  auto const rounds = std::make_shared<WriteRounds>(loop);
  std::vector<std::string> written;
  auto const write = [&](std::string what) {
    return [&, what] { written.push_back(fmt::format("{} in {}", what, rounds->rounds())); };
  };
  rounds->add([&] {
    rounds->add(write("later"));
    write("first")();
  });
  rounds->add(write("second"));
  EXPECT_TRUE(written.empty()) << "never inside the call";
  rounds->add([&] { rounds->add([&] { loop.stop(); }); });
  loop.run();
  EXPECT_EQ(written, (std::vector<std::string>{"first in 1", "second in 1", "later in 2"}));
}

TEST(WriteRounds, ARoundThatTookLongIsWaitedForAndWhatIsToldMeanwhileGoesAlong) {
  Loop loop;
  WriteRounds::Clock::time_point now{};
  auto const rounds = std::make_shared<WriteRounds>(loop, [&] { return now; });
  std::string order;
  auto const write = [&](std::string what) { return [&order, what] { order += what; }; };
  rounds->add([&] {
    now += WriteRounds::kWaitMost;  // as long as it takes to write to a thousand sockets
    rounds->add(write("a"));
    loop.post([&] {
      order += "meanwhile ";
      rounds->add(write("b"));
      rounds->add([&] {  // this round was short: the next one comes at once
        rounds->add(write("c"));
        rounds->add([&] { loop.stop(); });
      });
    });
  });
  loop.run();
  EXPECT_EQ(order, "meanwhile abc");
  EXPECT_EQ(rounds->rounds(), 3u);
}

TEST(WriteRounds, WhoIsGoneIsNotWrittenTo) {
  Loop loop;
  bool written = false;
  std::make_shared<WriteRounds>(loop)->add([&] { written = true; });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(written);
}

}  // namespace
}  // namespace sotto::net

#include "adapters/child/child.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace sotto {

using namespace std::chrono_literals;

static Result<std::string> shell(std::string const& command, ChildLimits const& limits = {}) {
  return run_tool({"sh", "-c", command}, 1 << 20, 3s, limits);
}

TEST(RunTool, AChildSeesNothingOfUs) {
  ::setenv("SECRET_OF_THE_TEST", "canary", 1);
  auto const seen = shell("env; ls /proc/self/fd | tr '\\n' ' '; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status");
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(seen->find("canary"), std::string::npos) << *seen;
  EXPECT_NE(seen->find("NoNewPrivs:\t1"), std::string::npos) << *seen;
  EXPECT_NE(seen->find("Seccomp:\t2"), std::string::npos) << *seen;
  // Its three, and the folder that it lists.
  auto const descriptors = run_tool({"ls", "/proc/self/fd"}, 1000, 3s);
  ASSERT_TRUE(descriptors);
  EXPECT_LE(std::ranges::count(*descriptors, '\n'), 4) << "a descriptor of ours came along: " << *descriptors;
}

TEST(RunTool, ItsMemoryTimeAndOutputAreBounded) {
  EXPECT_FALSE(run_tool({"python3", "-c", "x = bytearray(800 << 20); print(len(x))"}, 100, 5s));
  EXPECT_EQ(run_tool({"python3", "-c", "while True: pass"}, 100, 10s, {.cpu_seconds = 1}).error().code, "child_slow");
  EXPECT_EQ(run_tool({"sleep", "60"}, 100, 300ms).error().code, "child_slow");
  EXPECT_EQ(run_tool({"yes"}, 10'000, 5s).error().code, "child_too_much");
}

TEST(RunTool, ItTalksToNobodyAndWritesNothing) {
  auto const socket = run_tool({"python3", "-c", "import socket; socket.socket()"}, 100, 5s);
  EXPECT_EQ(socket.error().code, "child_failed");
  auto const file = shell("echo secret > /tmp/sotto-child-test && cat /tmp/sotto-child-test");
  EXPECT_FALSE(file);
}

TEST(RunTool, AProgramOfTheOperatorHasOurEnvironmentAndSockets) {
  ::setenv("SECRET_OF_THE_TEST", "canary", 1);
  auto const seen = shell("env; grep -E 'Seccomp:' /proc/self/status", {.trusted = true});
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_NE(seen->find("SECRET_OF_THE_TEST=canary"), std::string::npos) << *seen;
  EXPECT_NE(seen->find("Seccomp:\t0"), std::string::npos) << *seen;
  EXPECT_TRUE(run_tool({"python3", "-c", "import socket; socket.socket()"}, 100, 5s, {.trusted = true}));
  EXPECT_EQ(run_tool({"sleep", "60"}, 100, 300ms, {.trusted = true}).error().code, "child_slow");
}

TEST(RunTool, WhatIsNotThereIsNamed) {
  EXPECT_EQ(run_tool({"no-such-program-anywhere"}, 100, 1s).error().code, "child_missing");
}

TEST(Child, AnswersWhatItIsSent) {
  auto child = Child::start({"cat"}, {});
  ASSERT_TRUE(child);
  auto const until = std::chrono::steady_clock::now() + 3s;
  ASSERT_TRUE(child->write("hello", until));
  EXPECT_EQ(child->read(5, until).value_or(""), "hello");
  child->end(true);
}

}  // namespace sotto

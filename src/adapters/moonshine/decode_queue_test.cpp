#include "adapters/moonshine/decode_queue.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

Time at(int ms) { return Time{} + std::chrono::milliseconds(ms); }

DecodeJob job(std::uint64_t track, std::uint64_t ticket, DecodeKind kind, int deadline_ms, int queued_ms = 0) {
  return {.track = track, .ticket = ticket, .kind = kind, .deadline = at(deadline_ms), .queued_at = at(queued_ms)};
}

TEST(DecodeQueue, FinalsBeforePartialsThenByDeadline) {
  DecodeQueue queue;
  queue.push(job(1, 1, DecodeKind::partial, 100));
  queue.push(job(2, 1, DecodeKind::deciding, 900));
  queue.push(job(3, 1, DecodeKind::deciding, 300));
  queue.push(job(4, 1, DecodeKind::partial, 50));
  std::vector<std::uint64_t> tracks;
  while (auto next = queue.pop(at(0))) tracks.push_back(next->track);
  EXPECT_EQ(tracks, (std::vector<std::uint64_t>{3, 2, 4, 1}));
}

TEST(DecodeQueue, LatePartialsAreDroppedAndCountedFinalsNever) {
  DecodeQueue queue;
  queue.push(job(1, 1, DecodeKind::partial, 100));
  queue.push(job(2, 1, DecodeKind::deciding, 100));
  auto const next = queue.pop(at(5000));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->track, 2u);
  EXPECT_FALSE(queue.pop(at(5000)).has_value());
  EXPECT_EQ(queue.partials_dropped(), 1u);
}

TEST(DecodeQueue, CancelledJobsAreGone) {
  DecodeQueue queue;
  queue.push(job(1, 1, DecodeKind::deciding, 100));
  queue.push(job(1, 2, DecodeKind::partial, 100));
  queue.push(job(2, 1, DecodeKind::deciding, 200));
  queue.cancel(1, 1);
  queue.cancel(1, 99);
  EXPECT_EQ(queue.size(), 2u);
  queue.cancel_track(1);
  ASSERT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.pop(at(0))->track, 2u);
}

TEST(DecodeQueue, PartialsStretchWhileTheyWaitAndRecover) {
  DecodeQueue queue;
  EXPECT_EQ(queue.stretch(), 1);
  EXPECT_TRUE(queue.has_room());
  for (std::uint64_t ticket = 1; ticket <= 40; ++ticket) {
    queue.push(job(1, ticket, DecodeKind::partial, 700));
    queue.pop(at(600));
  }
  EXPECT_GT(queue.stretch(), 1.5);
  EXPECT_FALSE(queue.has_room());
  for (std::uint64_t ticket = 41; ticket <= 80; ++ticket) {
    queue.push(job(1, ticket, DecodeKind::partial, 700));
    queue.pop(at(0));
  }
  EXPECT_LT(queue.stretch(), 1.05);
  EXPECT_TRUE(queue.has_room());
}

TEST(DecodeQueue, WhatWasDecodedBeforeIsLeftOutWhereItWouldComeLate) {
  DecodeQueue queue;
  auto again = job(1, 1, DecodeKind::deciding, 500);
  for (int times = 0; times < 40; ++times) queue.note_again(200ms);
  EXPECT_FALSE(queue.skips(again, at(900)));  // it was not decoded before
  again.again = true;
  EXPECT_FALSE(queue.skips(again, at(300)));
  EXPECT_TRUE(queue.skips(again, at(400)));
  int tries = 0;
  while (queue.skips(again, at(400))) ASSERT_LT(++tries, 40);  // for the cores may be free again
  for (std::uint64_t ticket = 2; ticket <= 40; ++ticket) {
    queue.push(job(1, ticket, DecodeKind::partial, 700));
    queue.pop(at(600));
  }
  EXPECT_TRUE(queue.skips(again, at(0)));
}

TEST(DecodeQueue, DroppedPartialsStretchToo) {
  DecodeQueue queue;
  for (std::uint64_t ticket = 1; ticket <= 40; ++ticket) {
    queue.push(job(1, ticket, DecodeKind::partial, 700));
    queue.pop(at(900));
  }
  EXPECT_GT(queue.stretch(), 1.5);
  EXPECT_EQ(queue.partials_dropped(), 40u);
}

}  // namespace
}  // namespace sotto

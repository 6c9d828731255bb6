#include "live/guide_snapshot.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

Time at(std::int64_t ms) { return Time(Duration(1'700'000'000'000'000 + ms * 1000)); }

GuideMemory everything() {
  Utterance said{.call = "c", .track = Track::agent, .n = 4, .revision = 1, .from = 8, .to = 90, .text = "hello there"};
  said.words = {{"hello", 1, 2, true}, {"there", 2, 3, false}};
  said.speaker = Track::customer;
  said.speaker_confidence = 0.75;
  said.entities = {{.kind = "order", .value = "12", .text = "twelve", .start_ms = 1, .end_ms = 2, .valid = true}};
  Cue cue{.id = "1", .call = "c", .utterance = "agent-4", .policy = "p", .headline = "H", .item = "i"};
  cue.lane = Lane::compliance;
  cue.spoken = at(1);
  guidance::Shown const shown{
      .cue = cue, .since = at(2), .measure = {{"say it"}, 5000}, .measure_until = at(3), .drawn = true};
  GuideMemory memory;
  memory.orchestrator = {
      .spoken_ms = {1200, 3400},
      .sentiment_trend = -0.25,
      .best_sentiment_trend = 0.5,
      .last = {std::deque<Utterance>{}, std::deque<Utterance>{said}},
      .rules = {{"p", {.unless_ms = 7, .waiting_ms = 9, .told_ms = 11, .fired = true, .parts = {"a"}}}},
      .flows = {{"f", {.begun_by = "agent-1", .done = {{"s", "agent-2"}}, .told = "s"}}}};
  memory.guidance = {.active = {shown},
                     .compliance = {shown},
                     .waiting = {{.cue = cue, .fresh_until = at(9), .measure = {}}},
                     .known = {"1", "2"},
                     .ticked = {{"i", {.utterance = "agent-4", .end_ms = 5, .settled = {shown}, .by_hand = true}}},
                     .refuted = {{"j", 77}},
                     .tags = {"t"},
                     .fired = {{"p", {.times = 2, .last_ms = 5}}},
                     .last_shown = at(2)};
  memory.checklist = {{"i", "Item"}};
  memory.number = 12;
  return memory;
}

TEST(GuideSnapshot, BringsBackEverythingThatAGuideKnows) {
  auto const text = to_snapshot(everything());
  auto const memory = from_snapshot(text);
  ASSERT_TRUE(memory) << memory.error().message;
  EXPECT_EQ(to_snapshot(*memory), text);
  EXPECT_EQ(memory->orchestrator.last[1].at(0).words.size(), 2u);
  EXPECT_EQ(memory->orchestrator.rules.at("p").parts.count("a"), 1u);
  EXPECT_EQ(memory->guidance.ticked.at("i").settled.at(0).measure_until, at(3));
  EXPECT_EQ(memory->guidance.last_shown, at(2));
}

TEST(GuideSnapshot, ThatIsBrokenOrOfNoKnownShapeIsRefused) {
  for (auto const* wrong : {"", "{", "[]", "{}", R"({"number":1,"orchestrator":7,"guidance":{}})"})
    EXPECT_EQ(from_snapshot(wrong).error().code, "bad_snapshot") << wrong;
}

}  // namespace
}  // namespace sotto

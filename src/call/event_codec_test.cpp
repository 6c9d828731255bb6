#include "call/event_codec.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "support/event_schema.h"

namespace sotto {
namespace {

std::string read(std::filesystem::path const& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// SOTTO_SCHEMAS_WRITE=1 writes them anew; run from the root of the repository.
void expect_file(std::filesystem::path const& file, std::string const& text) {
  if (std::getenv("SOTTO_SCHEMAS_WRITE")) std::ofstream(file) << text;
  EXPECT_EQ(read(file), text) << file << " is not what call/event_fields.h says: run with SOTTO_SCHEMAS_WRITE=1";
}

TEST(EventSchemas, AreThoseOfTheTable) {
  for (auto const& [name, text] : event_schemas()) expect_file("docs/schemas/" + name, text);
}

TEST(EventSchemas, ThePageHasTheTypesOfTheTable) { expect_file("web/agent/src/connection/events.ts", event_types()); }

Event cue() {
  return {.call = "c",
          .tenant = "t",
          .number = 4,
          .time = Time(Duration(1'000'000)),
          .body = Cue{.id = "0123",
                      .call = "c",
                      .kind = "say",
                      .lane = Lane::compliance,
                      .headline = "Ask why",
                      .because = {.text = "cancel", .end_ms = 1200, .score = 0.7},
                      .source = Source{.file = "plans.md", .passage = "20 percent off"},
                      .stages_ms = {.asr = 12.5},
                      .spoken = Time(Duration(7))}};
}

TEST(EventCodec, WhatIsWrittenIsReadAgain) {
  auto const written = to_cloud_event(cue());
  auto const again = event_from_cloud_event(written);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(again->is<Cue>());
  EXPECT_EQ(data_of(again->body), data_of(cue().body));
  EXPECT_EQ(again->as<Cue>()->stages_ms.asr, 12.5);
  EXPECT_EQ(again->as<Cue>()->stages_ms.infer, std::nullopt);
}

TEST(EventCodec, WhatAnOlderVersionDidNotWriteHoldsItsDefault) {
  auto written = to_cloud_event(cue());
  for (auto const* key : {"shown_ms", "source", "match", "stages_ms"}) written["data"].get_object().erase(key);
  auto const again = event_from_cloud_event(written);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->as<Cue>()->shown_ms, 20000);
  EXPECT_FALSE(again->as<Cue>()->source);
}

TEST(EventCodec, WhatIsNotThereIsLeftOut) {
  EXPECT_EQ(boost::json::serialize(data_of(Tick{.item = "a", .label = "A", .by = "agent", .reason = "said"})),
            R"({"item":"a","label":"A","by":"agent","reason":"said"})");
  EXPECT_FALSE(data_of(WebhookRequested{.id = "1", .webhook = "crm"}).contains("alert"));
  EXPECT_TRUE(data_of(Cue{.id = "1"}).at("source").is_null()) << "null where the wire says so";
}

TEST(EventCodec, AMalformedEventIsNamedByItsFieldAndNothingElse) {
  auto const refused = [](auto const& spoil) {
    auto written = to_cloud_event(cue());
    spoil(written);
    auto const event = event_from_cloud_event(written);
    return event ? "taken" : event.error().code + ": " + event.error().message;
  };
  using testing::HasSubstr;
  EXPECT_THAT(refused([](auto& event) { event["data"].get_object()["lane"] = "fast"; }),
              HasSubstr("bad_event: sotto.cue.shown: field \"lane\" must be"));
  EXPECT_THAT(refused([](auto& event) { event["data"].get_object().erase("id"); }), HasSubstr("\"id\" is missing"));
  EXPECT_THAT(refused([](auto& event) { event["data"].at("because").get_object()["end_ms"] = "late"; }),
              HasSubstr("\"because\" must be an object whose field \"end_ms\" must be a number"));
  EXPECT_THAT(refused([](auto& event) { event["type"] = "sotto.cue.sung"; }), HasSubstr("unknown type"));
  EXPECT_THAT(refused([](auto& event) { event.erase("data"); }), HasSubstr("without data"));
}

}  // namespace
}  // namespace sotto

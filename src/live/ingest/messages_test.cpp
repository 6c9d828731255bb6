#include "live/ingest/messages.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "call/event_codec.h"

namespace sotto::ingest {
namespace {

std::string start(std::string_view tracks) {
  return fmt::format(R"({{"type":"start","call":"c","tenant":"t","coding":"mulaw","rate":8000,"tracks":{}}})", tracks);
}

TEST(IngestStart, OneMixedTrackIsACustomersTrackWithBothParties) {
  auto const decoded = decode_control(start(R"(["mixed"])"));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  auto const& call = std::get<Start>(*decoded).call;
  EXPECT_TRUE(call.mono);
  EXPECT_EQ(call.tracks, std::vector{Track::customer});
  auto const again = decode_control(encode_start({.call = call, .resume = ""}));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(std::get<Start>(*again).call.mono);
  EXPECT_TRUE(from_json<CallInfo>(sotto::to_json(call))->mono);
}

TEST(IngestStart, MixedStandsAloneAndOtherTracksAreNamed) {
  for (auto const* tracks : {R"(["mixed","agent"])", R"(["customer","mixed"])", R"(["mixed","mixed"])"}) {
    auto const decoded = decode_control(start(tracks));
    ASSERT_FALSE(decoded.has_value()) << tracks;
    EXPECT_EQ(decoded.error().code, "bad_field");
    EXPECT_TRUE(decoded.error().message.contains("\"mixed\" alone")) << decoded.error().message;
  }
  auto const decoded = decode_control(start(R"(["caller"])"));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_TRUE(decoded.error().message.contains("caller")) << decoded.error().message;
}

TEST(IngestStart, TwoTracksAreNotMono) {
  auto const decoded = decode_control(start(R"(["customer","agent"])"));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_FALSE(std::get<Start>(*decoded).call.mono);
}

TEST(Messages, NumbersOutsideWhatCanBeAreRefusedByName) {
  for (auto const* text : {R"({"type":"pause","sample":9223372036854775807})",
                           R"({"type":"resume","sample":281474976710657})", R"({"type":"pause","sample":-1})"}) {
    auto const control = decode_control(text);
    ASSERT_FALSE(control) << text;
    EXPECT_NE(control.error().message.find("sample"), std::string::npos);
  }
  auto const start = [](std::string const& speed) {
    return decode_control(
        R"({"type":"start","call":"c","tenant":"t","tracks":["customer"],"coding":"mulaw","rate":8000,"speed":)" +
        speed + "}");
  };
  EXPECT_TRUE(start("0.01"));
  for (auto const* speed : {"1e-300", "0", "101", "1e300"}) EXPECT_FALSE(start(speed)) << speed;
}

}  // namespace
}  // namespace sotto::ingest

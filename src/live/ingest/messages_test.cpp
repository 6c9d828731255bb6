#include "live/ingest/messages.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

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
  EXPECT_TRUE(call_info_from_json(to_json(call)).mono);
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

}  // namespace
}  // namespace sotto::ingest

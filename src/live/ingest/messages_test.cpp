#include "live/ingest/messages.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.h"
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

TEST(IngestStart, ThePartiesOfAConferenceStandOnASide) {
  auto const decoded = decode_control(start(R"(["customer","agent","party3"],"parties":[)"
                                            R"({"track":"party3","side":"customer","name":"Interpreter"},)"
                                            R"({"track":"agent","name":"Mara"}])"));
  ASSERT_TRUE(decoded) << decoded.error().message;
  auto const& call = std::get<Start>(*decoded).call;
  EXPECT_EQ(call.tracks, (std::vector{Track::customer, Track::agent, Track::third}));
  EXPECT_EQ(call.side(Track::third), Track::customer);
  EXPECT_EQ(call.side(Track::agent), Track::agent);
  EXPECT_EQ(call.parties[1].name, "Mara");
  auto const again = decode_control(encode_start({.call = call, .resume = ""}));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(std::get<Start>(*again).call.parties, call.parties);
}

TEST(IngestStart, APartyThatCannotBeIsRefusedByName) {
  std::string const three = R"(["customer","agent","party3"])";
  std::string const kim = R"({"track":"party3","side":"agent","name":"Kim"})";
  for (auto const& [parties, wrong] :
       {std::pair<std::string, std::string>{"", "party3"},
        {R"(,"parties":7)", "a list"},
        {R"(,"parties":["Kim"])", "objects"},
        {R"(,"parties":[{"track":"party4","side":"agent"}])", "party4"},
        {R"(,"parties":[{"track":"party3","side":"agent","name":7}])", "names"},
        {R"(,"parties":[{"track":"party3"}])", "side"},
        {R"(,"parties":[{"track":"party3","side":"party3"}])", "side"},
        {R"(,"parties":[)" + kim + R"(,{"track":"agent","side":"customer"}])", "agent"},
        {R"(,"parties":[)" + kim + "," + kim + "]", "two"},
        {R"(,"parties":[{"track":"party3","side":"agent","name":")" + std::string(81, 'x') + R"("}])", "80"}}) {
    auto const decoded = decode_control(start(three + parties));
    ASSERT_FALSE(decoded) << parties;
    EXPECT_EQ(decoded.error().code, "bad_field") << parties;
    EXPECT_TRUE(decoded.error().message.contains("parties") && decoded.error().message.contains(wrong))
        << decoded.error().message;
  }
}

TEST(Messages, TermsThatCameUpAreAList) {
  auto const decoded = decode_control(R"({"type":"expect","terms":["Odette Fennimore","Zephyrion"]})");
  EXPECT_EQ(std::get<Expect>(*decoded).terms, (std::vector<std::string>{"Odette Fennimore", "Zephyrion"}));
  EXPECT_EQ(decode_control(R"({"type":"expect"})").error().code, "missing_field");
  for (auto const* wrong : {R"("Odette")", R"([7])", R"(["x", null])", R"([" "])"}) {
    auto const refused = decode_control(fmt::format(R"({{"type":"expect","terms":{}}})", wrong));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "bad_field");
  }
  auto const long_one = std::string(limits::kKeytermBytesMax + 1, 'x');
  EXPECT_FALSE(decode_control(fmt::format(R"({{"type":"expect","terms":["{}"]}})", long_one)));
}

TEST(Messages, ATransferNamesWhoeverSpeaksFromHere) {
  auto const decoded = decode_control(encode_transfer({.agent = "ben", .team = ""}));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(std::get<Transfer>(*decoded).agent, "ben");
  EXPECT_TRUE(decode_control(R"({"type":"transfer","team":"x"})").error().message.contains("agent"));
  EXPECT_FALSE(decode_control(R"({"type":"transfer","agent":"ben","team":7})"));
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

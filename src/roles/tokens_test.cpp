#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/openssl/secrets.h"
#include "roles/known_tokens.h"
#include "roles/token_text.h"
#include "support/manual_clock.h"

namespace sotto::app {
namespace {

using testing::HasSubstr;

TokenSettings record(std::string name, std::string const& token, std::vector<Role> roles = {Role::agent}) {
  return {.name = std::move(name), .sha256 = digest(token), .tenant = "acme", .roles = std::move(roles)};
}

std::vector<std::string> names(std::string const& text) {
  std::vector<std::string> out;
  for (auto const& token : parse_token_records("t.yaml", text).value()) out.push_back(token.name);
  return out;
}

TEST(KnownTokens, ATokenIsItsBearersUntilItExpires) {
  ManualClock clock;
  KnownTokens known(clock, {});
  auto desk = record("desk", "the-secret");
  desk.expires = to_rfc3339(clock.now() + 60s);
  ASSERT_TRUE(known.set_records({desk}));
  auto const bearer = known.bearer_of("the-secret");
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->name, "desk");
  EXPECT_EQ(bearer->scope.tenant, "acme");
  EXPECT_EQ(known.bearer_of("the-secre").error().code, "unauthorized");
  EXPECT_EQ(known.bearer_of(digest("the-secret")).error().code, "unauthorized") << "the digest is no token";
  clock.advance(60s);
  EXPECT_THAT(known.bearer_of("the-secret").error().message, HasSubstr("expired"));
}

TEST(KnownTokens, RecordsAreReplacedAndOthersStay) {
  ManualClock const clock;
  KnownTokens known(clock, {{.digest = digest("of-settings"), .bearer = Principal::everyone()}});
  auto const own = known.make_own({.name = "demo calls", .scope = {}, .roles = {Role::source}});
  ASSERT_TRUE(known.set_records({record("a", "token-a")}));
  ASSERT_TRUE(known.set_records({record("b", "token-b")}));
  EXPECT_FALSE(known.bearer_of("token-a")) << "revoked";
  for (auto const& token : {std::string("token-b"), std::string("of-settings"), own})
    EXPECT_TRUE(known.bearer_of(token));
  // One that is wrong changes nothing.
  EXPECT_THAT(known.set_records({record("c", "of-settings")}).error().message, HasSubstr("another token is the same"));
  EXPECT_TRUE(known.bearer_of("token-b"));
}

TEST(TokenRecords, WhatIsWrongIsNamedWithItsLine) {
  auto const wrong = [](std::string const& text) { return parse_token_records("t.yaml", text).error().message; };
  auto const sha = digest("x");
  EXPECT_THAT(wrong("- x"), HasSubstr("t.yaml:1: expected `tokens:`"));
  EXPECT_THAT(wrong("tokens:\n  - { name: a, sha256: abc, roles: [agent] }"), HasSubstr("t.yaml:2"));
  EXPECT_THAT(wrong("tokens:\n  - { sha256: " + sha + ", roles: [agent] }"), HasSubstr("needs a name"));
  EXPECT_THAT(wrong("tokens:\n  - { name: a, token_env: X, roles: [agent] }"), HasSubstr("holds the sha256"));
  EXPECT_THAT(wrong("tokens:\n  - { name: a, sha256: " + sha + ", roles: [agent], expires: soon }"),
              HasSubstr("expires is a day"));
  EXPECT_TRUE(parse_token_records("t.yaml", "")) << "nobody yet";
}

TEST(TokenText, ARecordIsAddedAndTakenOutAndTheRestStays) {
  auto text = with_token("t.yaml", "", record("first", "1", {Role::agent, Role::supervisor})).value();
  text += "# written by a person\n";
  text = with_token("t.yaml", text, record("with \"quotes\": and #", "2")).value();
  text = with_token("t.yaml", text, record("third", "3")).value();
  EXPECT_EQ(names(text), (std::vector<std::string>{"first", "with \"quotes\": and #", "third"}));
  EXPECT_EQ(with_token("t.yaml", text, record("third", "4")).error().code, "name_taken");
  auto const without = without_token("t.yaml", text, "with \"quotes\": and #").value();
  EXPECT_EQ(names(without), (std::vector<std::string>{"first", "third"}));
  EXPECT_THAT(without, HasSubstr("# written by a person"));
  auto const last = without_token("t.yaml", without_token("t.yaml", without, "third").value(), "first").value();
  EXPECT_EQ(names(last), std::vector<std::string>());
  EXPECT_EQ(names(with_token("t.yaml", last, record("again", "5")).value()), std::vector<std::string>{"again"});
  EXPECT_EQ(without_token("t.yaml", last, "first").error().code, "no_such_token");
}

TEST(TokenText, ARecordOfSeveralLinesGoesWhole) {
  auto const one = digest("1"), two = digest("2");
  auto const text = "tokens:\n  - name: a\n    sha256: " + one +
                    "\n    roles: [agent]\n  - name: b\n    sha256: " + two + "\n    roles:\n      - agent\n";
  EXPECT_EQ(names(without_token("t.yaml", text, "a").value()), std::vector<std::string>{"b"});
  EXPECT_EQ(names(without_token("t.yaml", text, "b").value()), std::vector<std::string>{"a"});
}

TEST(TokenText, AFileThatIsWrittenAnotherWayIsLeftToItsAuthor) {
  auto const text = "tokens: [{ name: a, sha256: " + digest("1") + ", roles: [agent] }, { name: c, sha256: " +
                    digest("3") + ", roles: [agent] }]\n";
  EXPECT_THAT(with_token("t.yaml", text, record("b", "2")).error().message, HasSubstr("by hand"));
  EXPECT_THAT(without_token("t.yaml", text, "a").error().message, HasSubstr("by hand"));
  auto wrong = record("b", "2");
  wrong.expires = "never";
  EXPECT_THAT(with_token("t.yaml", "", wrong).error().message, HasSubstr("expires is a day"));
}

}  // namespace
}  // namespace sotto::app

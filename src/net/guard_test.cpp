#include "net/guard.h"

#include <gtest/gtest.h>

namespace sotto::net {

TEST(Guard, AnswersOnlyForItsOwnNames) {
  GuardOptions const options{.hosts = {"calls.example.org"}};
  for (auto const* host : {"127.0.0.1:8700", "localhost", "[::1]:8700", "calls.example.org:8700"}) {
    EXPECT_TRUE(check_origin(options, {.host = host})) << host;
  }
  for (auto const* host : {"", "evil.org:8700", "127.0.0.1.evil.org", "127.evil.org:8700"}) {
    EXPECT_EQ(check_origin(options, {.host = host}).error().code, "bad_host") << host;
  }
}

TEST(Guard, APageOfAnotherOriginIsRefused) {
  GuardOptions const options;
  EXPECT_TRUE(check_origin(options, {.host = "localhost:8700", .origin = "http://localhost:8700"}));
  for (auto const* origin : {"http://localhost:9000", "https://evil.org", "null", "localhost:8700"}) {
    EXPECT_EQ(check_origin(options, {.host = "localhost:8700", .origin = origin}).error().code, "bad_origin") << origin;
  }
}

TEST(Guard, AnyOriginWhereEveryCallerProvesItself) {
  EXPECT_TRUE(check_origin({.any_origin = true}, {.host = "asr.internal:8701", .origin = "https://page.example"}));
}

TEST(Guard, ATokenMustBeWholeAndSaysWhoItsBearerIs) {
  Principal const acme{.scope = {.tenant = "acme"}, .roles = {Role::agent}};
  GuardOptions const options{.bearer_of = [&](std::string_view token) -> Result<Principal> {
    if (token == "secret") return Principal::everyone();
    if (token == "other") return acme;
    return fail("unauthorized", "nobody's");
  }};
  for (auto const* given : {"Bearer other", "bearer other", "BEARER other"}) {
    auto const known = identify(options, {.authorization = given});
    ASSERT_TRUE(known) << given;
    EXPECT_EQ(known->scope, acme.scope);
    EXPECT_EQ(known->roles, acme.roles);
  }
  EXPECT_EQ(identify(options, {.authorization = "Bearer secret"})->roles, Roles::all());
  for (auto const* given :
       {"", "Bearer ", "Bearer secre", "Bearer secrets", "secret", "Basic secret", "Bearer  other"}) {
    auto const known = identify(options, {.authorization = given});
    ASSERT_FALSE(known) << given;
    EXPECT_EQ(known.error().code, "unauthorized") << given;
  }
}

TEST(Guard, WithoutTokensWhoeverComesMayDoEverything) {
  EXPECT_EQ(identify({}, {})->roles, Roles::all());
  EXPECT_EQ(identify({}, {})->scope, Scope{});
}

TEST(Scope, CoversWhatIsWithinIt) {
  Scope const call{.tenant = "acme", .team = "billing", .agent = "mara"};
  for (auto const& wide : {Scope{}, Scope{.tenant = "acme"}, Scope{.team = "billing"}, call})
    EXPECT_TRUE(wide.covers(call));
  for (auto const& other : {Scope{.tenant = "acm"}, Scope{.tenant = "acme", .team = "sales"}, Scope{.region = "eu"},
                            Scope{.tenant = "acme", .team = "billing", .agent = "lee"}})
    EXPECT_FALSE(other.covers(call));
  EXPECT_FALSE(call.covers({})) << "a part does not cover the whole";
}

}  // namespace sotto::net

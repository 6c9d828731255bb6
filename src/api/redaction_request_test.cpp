#include "api/redaction_request.h"

#include <gtest/gtest.h>

namespace sotto::app {

TEST(RedactionRequest, WhatIsAskedForIsRead) {
  auto const some = asked_redaction(
      R"({"number": 12, "words": ["John Smith"], "ranges": [{"from": 3, "to": 5}], "label": "name", "reason": "asked for"})");
  ASSERT_TRUE(some) << some.error().message;
  EXPECT_EQ(some->number, 12);
  EXPECT_EQ(some->hiding.words, (std::vector<std::string>{"John Smith"}));
  EXPECT_EQ(some->hiding.ranges.at(0).to, 5);
  EXPECT_EQ(some->hiding.label, "name");
  auto const all = asked_redaction(R"({"number": 1, "all": true})");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->hiding.words.empty() && all->hiding.ranges.empty());
  EXPECT_EQ(all->hiding.label, "redacted");
}

TEST(RedactionRequest, WhatIsWrongIsNamed) {
  for (auto const& [body, code] : std::initializer_list<std::pair<char const*, char const*>>{
           {"[]", "bad_json"},
           {"{}", "missing_field"},
           {R"({"number": "1", "all": true})", "missing_field"},
           {R"({"number": 1})", "missing_field"},
           {R"({"number": 1, "all": false})", "missing_field"},
           {R"({"number": 1, "all": true, "words": ["x"]})", "bad_field"},
           {R"({"number": 1, "words": []})", "bad_field"},
           {R"({"number": 1, "words": ["..."]})", "bad_field"},
           {R"({"number": 1, "words": "x"})", "bad_field"},
           {R"({"number": 1, "ranges": [{"from": 1}]})", "bad_field"},
           {R"({"number": 1, "all": true, "label": "My Name"})", "bad_field"},
           {R"({"number": 1, "all": true, "reason": "a\nb"})", "bad_reason"}}) {
    auto const asked = asked_redaction(body);
    ASSERT_FALSE(asked) << body;
    EXPECT_EQ(asked.error().code, code) << body;
  }
}

TEST(RedactionRequest, AnErasureHasAReason) {
  EXPECT_EQ(asked_reason("reason=the%20caller+asked"), "the caller asked");
  EXPECT_EQ(asked_reason("").error().code, "missing_field");
  EXPECT_EQ(asked_reason("reason=+").error().code, "missing_field");
  EXPECT_EQ(asked_reason("why=x").error().code, "bad_query");
  EXPECT_EQ(asked_reason("reason=" + std::string(201, 'x')).error().code, "bad_reason");
  EXPECT_EQ(told({.name = "desk", .scope = {.tenant = "acme"}, .roles = {Role::admin, Role::supervisor}}),
            "desk, tenant acme, team -, agent -, roles supervisor admin");
}

}  // namespace sotto::app

#include "webhooks/webhooks.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace sotto::app {
namespace {

std::vector<WebhookSettings> read_webhooks(std::string const& yaml, settings::Problems& problems) {
  std::vector<WebhookSettings> out;
  FieldRule const rule;
  settings::read(YAML::Load(yaml), out, {"", "webhooks", rule}, problems);
  return out;
}

// What is wrong with a list of webhooks, or nothing.
std::string problem(std::string const& yaml) {
  settings::Problems problems;
  auto const read = read_webhooks(yaml, problems);
  if (!problems.empty()) return problems.front().text;
  auto const checked = check_webhooks(read);
  return checked ? "" : checked.error().message;
}

std::vector<WebhookSettings> good(std::string const& yaml) {
  settings::Problems problems;
  auto read = read_webhooks(yaml, problems);
  EXPECT_TRUE(problems.empty());
  return read;
}

std::string crm(std::string const& more) { return "{ crm: { secret_env: SOTTO_TEST_SECRET, " + more + " } }"; }

class Webhooks : public testing::Test {
 protected:
  Webhooks() { set("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"); }
  ~Webhooks() override { ::unsetenv("SOTTO_TEST_SECRET"); }
  static void set(std::string const& secret) { ::setenv("SOTTO_TEST_SECRET", secret.c_str(), 1); }
};

TEST_F(Webhooks, GoodOnesAreRead) {
  EXPECT_EQ(problem(crm("url: 'https://crm.example.com/hook?x=1', tenants: [bank], words: true")), "");
  EXPECT_EQ(problem(crm("url: 'http://127.0.0.1:9000'")), "");
  auto const read = good(crm("url: 'https://crm.example.com:8443?x=1'"));
  set("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_" + std::string(32, 'A'));
  auto const target = target_of(read[0]);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->settings.url, "https://crm.example.com:8443?x=1");
  EXPECT_EQ(target->secrets.size(), 2u);
}

TEST_F(Webhooks, WhatIsWrongIsNamedWithoutTheSecret) {
  for (auto const& [yaml, word] : std::vector<std::pair<std::string, std::string>>{
           {"[crm]", "expected"},
           {"{ 'c r m': { url: 'https://x/' } }", "a name has"},
           {crm("url: 'http://crm.example.com/s3cret'"), "https://"},
           {crm("url: 'ftp://crm.example.com/s3cret'"), "https://"},
           {crm("url: 'https://me:s3cret@crm.example.com/'"), "without a user"},
           {crm("words: true"), "\"url\" is missing"},
           {crm("url: 'https://x/', url: 'https://y/'"), "stands there twice"},
           {crm("url: 'https://x/', tenants: []"), "at least one"},
           {crm("url: 'https://x/', words: maybe"), "wrong type"},
           {crm("url: 'https://x/', token: s3cret"), "unknown key"},
           {crm("url: 'https://x/', secret_file: /x"), "not both"},
           {"{ crm: { url: 'https://x/' } }", "secret_file or secret_env"},
           {"{ crm: { url: 'https://x/', secret_file: /nowhere/s } }", "/nowhere/s"},
           {"{ crm: { url: 'https://x/', secret_env: SOTTO_NO_SUCH } }", "SOTTO_NO_SUCH"},
           {crm("url: 'https://x/', authorities: /nowhere/a"), "/nowhere/a"}}) {
    auto const found = problem(yaml);
    EXPECT_NE(found.find(word), std::string::npos) << yaml << ": " << found;
    EXPECT_EQ(found.find("s3cret"), std::string::npos) << found;
  }
  for (auto const* bad : {"s3cret", "whsec_s3cret", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    set(bad);
    auto const found = problem(crm("url: 'https://x/'"));
    EXPECT_NE(found.find("openssl rand"), std::string::npos) << bad;
    EXPECT_EQ(found.find("s3cret"), std::string::npos) << found;
  }
}

TEST_F(Webhooks, ArePrintedWithoutSecretAndPath) {
  auto const printed =
      settings::shown(good(crm("url: 'https://crm.example.com/T0/xoxb', tenants: [a, b]")), FieldRule{});
  EXPECT_EQ(printed, R"x({crm: {url: "https://crm.example.com/...", secret_env: "SOTTO_TEST_SECRET", )x"
                     R"x(tenants: ["a", "b"]}})x");
  EXPECT_TRUE(YAML::Load(printed)["crm"].IsMap());
}

TEST_F(Webhooks, WhoMayNameThem) {
  std::vector<WebhookSettings> const all{{.name = "crm", .tenants = {"bank"}}, {.name = "pager"}};
  EXPECT_EQ(why_no_webhook(all, "crm", "bank"), "");
  EXPECT_EQ(why_no_webhook(all, "pager", "telecom"), "");
  EXPECT_NE(why_no_webhook(all, "crm", "telecom").find("not for tenant telecom"), std::string::npos);
  EXPECT_NE(why_no_webhook(all, "crn", "bank").find("not in the server's configuration"), std::string::npos);
}

}  // namespace
}  // namespace sotto::app

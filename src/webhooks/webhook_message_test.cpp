#include "webhooks/webhook_message.h"

#include <gtest/gtest.h>

#include "adapters/openssl/secrets.h"
#include "base/json.h"
#include "call/annotation.h"

namespace sotto::app {
namespace {

Event requested() {
  WebhookRequested const request{.id = "0123",
                                 .cue = "4567",
                                 .webhook = "crm",
                                 .policy = "complaint",
                                 .policy_version = "v1",
                                 .tags = {"complaint"},
                                 .because = {.utterance = "customer-4",
                                             .speaker = "customer",
                                             .text = "my words",
                                             .start_ms = 10,
                                             .end_ms = 20,
                                             .trigger = "said_like",
                                             .pattern = "an example",
                                             .score = 0.7},
                                 .alert = WebhookRequested::Alert{.severity = "urgent", .message = "Call back"}};
  return {.call = "c-17",
          .tenant = "bank",
          .number = 3,
          .time = Time(std::chrono::seconds(1'445'412'420)),
          .body = request};
}

// The example of Standard Webhooks' own libraries.
TEST(WebhookMessage, IsSignedAsStandardWebhooksAsks) {
  auto const secret = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(secret);
  auto const headers =
      webhook_headers({*secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})");
  std::map<std::string, std::string> const by_name(headers.begin(), headers.end());
  EXPECT_EQ(by_name.at("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(by_name.at("webhook-timestamp"), "1614265330");
}

TEST(WebhookMessage, EachSecretSigns) {
  auto const headers = webhook_headers({"one", "two"}, "id", 1, "{}");
  EXPECT_EQ(headers.back().second, "v1," + hmac_base64("one", "id.1.{}") + " v1," + hmac_base64("two", "id.1.{}"));
}

TEST(WebhookMessage, HoldsNoWordsUnlessTheyAreAskedFor) {
  auto const body = webhook_body(requested(), false);
  EXPECT_EQ(body.find("my words"), std::string::npos);
  EXPECT_EQ(body.find("an example"), std::string::npos);
  auto const event = parse_object(body);
  ASSERT_TRUE(event);
  EXPECT_EQ(get_string(*event, "id"), "0123");
  EXPECT_EQ(get_string(*event, "source"), "/tenants/bank/calls/c-17");
  EXPECT_EQ(get_string(*event, "time"), "2015-10-21T07:27:00.000Z");
  auto const* data = get_object(*event, "data");
  ASSERT_TRUE(data);
  EXPECT_EQ(get_string(*data, "utterance"), "customer-4");
  EXPECT_EQ(get_array(*data, "tags")->size(), 1u);
  EXPECT_EQ(get_string(*get_object(*data, "alert"), "message"), "Call back");
  EXPECT_NE(webhook_body(requested(), true).find(R"("text":"my words")"), std::string::npos);
}

TEST(WebhookMessage, Base64IsReadAsItIsWritten) {
  EXPECT_EQ(from_base64("Zm8="), "fo");
  EXPECT_EQ(from_base64("Zg=="), "f");
  EXPECT_EQ(from_base64("Zm9v"), "foo");
  for (auto const* bad : {"", "Zm9", "Zm9v\n", "Z!9v"}) EXPECT_FALSE(from_base64(bad)) << bad;
}

}  // namespace
}  // namespace sotto::app

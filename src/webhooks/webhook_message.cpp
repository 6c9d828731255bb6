#include "webhooks/webhook_message.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/openssl/secrets.h"
#include "call/event_codec.h"

namespace sotto::app {

namespace json = boost::json;

std::string webhook_body(Event const& requested, bool words) {
  auto const& from = std::get<WebhookRequested>(requested.body);
  json::object data{{"webhook", from.webhook},
                    {"call", requested.call},
                    {"policy", from.policy},
                    {"policy_version", from.policy_version},
                    {"cue", from.cue}};
  if (!from.tags.empty()) data["tags"] = json::array(from.tags.begin(), from.tags.end());
  if (from.alert) data["alert"] = to_json(*from.alert);
  // By name, never all of it: what is new there may be words.
  auto const& because = from.because;
  data["utterance"] = because.utterance;
  data["speaker"] = because.speaker;
  data["trigger"] = because.trigger;
  data["start_ms"] = because.start_ms;
  data["end_ms"] = because.end_ms;
  if (words) data["text"] = because.text;
  return json::serialize(json::object{{"specversion", "1.0"},
                                      {"id", from.id},
                                      {"source", fmt::format("/tenants/{}/calls/{}", requested.tenant, requested.call)},
                                      {"type", "sotto.rule.fired"},
                                      {"time", to_rfc3339(requested.time)},
                                      {"subject", requested.call},
                                      {"datacontenttype", "application/json"},
                                      {"tenant", requested.tenant},
                                      {"data", std::move(data)}});
}

std::vector<std::pair<std::string, std::string>> webhook_headers(std::vector<std::string> const& secrets,
                                                                 std::string const& id, std::int64_t timestamp,
                                                                 std::string const& body) {
  auto const is_signed = fmt::format("{}.{}.{}", id, timestamp, body);
  std::string signatures;
  for (auto const& secret : secrets)
    signatures += (signatures.empty() ? "v1," : " v1,") + hmac_base64(secret, is_signed);
  return {{"content-type", "application/cloudevents+json; charset=UTF-8"},
          {"webhook-id", id},
          {"webhook-timestamp", std::to_string(timestamp)},
          {"webhook-signature", std::move(signatures)}};
}

}  // namespace sotto::app

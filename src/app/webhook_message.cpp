#include "app/webhook_message.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "app/secrets.h"
#include "base/json.h"

namespace sotto::app {

namespace json = boost::json;

std::string webhook_body(Event const& requested, bool words) {
  auto const& from = requested.data;
  json::object data{{"webhook", get_string(from, "webhook")},
                    {"call", requested.call},
                    {"policy", get_string(from, "policy")},
                    {"policy_version", get_string(from, "policy_version")},
                    {"cue", get_string(from, "cue")}};
  if (auto const* tags = get_array(from, "tags"); tags && !tags->empty()) data["tags"] = *tags;
  if (auto const* alert = get_object(from, "alert")) data["alert"] = *alert;
  if (auto const* because = get_object(from, "because")) {
    // By name, never all of it: what is new there may be words.
    for (auto const* key : {"utterance", "speaker", "trigger"}) data[key] = get_string(*because, key);
    for (auto const* key : {"start_ms", "end_ms"}) data[key] = get_int(*because, key);
    if (words) data["text"] = get_string(*because, "text");
  }
  return json::serialize(json::object{{"specversion", "1.0"},
                                      {"id", get_string(from, "id")},
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

// What is posted to a receiver: a CloudEvent of type sotto.rule.fired and the headers of Standard Webhooks 1.0.0
// (docs/webhooks.md). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "call/events.h"

namespace sotto::app {

// `requested`: an event sotto.webhook.requested. `words`: with the words that fired the rule, as the call's events hold
// them: cards and codes hidden.
std::string webhook_body(Event const& requested, bool words);

// `timestamp`: seconds since 1970. A signature for each secret.
std::vector<std::pair<std::string, std::string>> webhook_headers(std::vector<std::string> const& secrets,
                                                                 std::string const& id, std::int64_t timestamp,
                                                                 std::string const& body);

}  // namespace sotto::app

// Stage 8, delivery: the wire of /v1/subscribe (docs/asyncapi.yaml, docs/schemas). Pure codec.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "call/command.h"
#include "call/events.h"

namespace sotto::delivery {

// What a subscriber says.
struct Subscribe {
  std::string ticket;
  std::optional<std::int64_t> cursor;  // the number of the newest stored event it has
};
struct Ping {
  double t = 0;  // the page's clock, returned as it is
};
using FromSubscriber = std::variant<Subscribe, Ping, CueDisplayed, Dismiss>;

// Errors: bad_json, unknown_type, missing_field, bad_field, too_big.
Result<FromSubscriber> decode_from_subscriber(std::string_view text);

// `cursor`: the number of the newest stored event. On the wire it is text that only the server reads.
// `call`: the text of its JSON.
std::string encode_snapshot(std::int64_t cursor, std::string_view call, Time now);
// `events`: the text of a CloudEvent each.
std::string encode_delta(std::int64_t cursor, std::span<std::string const> events, Time now);
// `cut_off`: whoever carries the call is not heard here; what is new comes from the log, late.
std::string encode_beat(Time now, std::int64_t media_ms, std::int64_t lag_ms,
                        std::map<Track, TrackCoverage> const& coverage, bool cut_off = false);
std::string encode_pong(double t, Time now);
std::string encode_error(Error const& error);

}  // namespace sotto::delivery

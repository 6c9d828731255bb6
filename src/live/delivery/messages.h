// Stage 8, delivery: the wire of /v1/subscribe (docs/asyncapi.yaml, docs/schemas). Pure codec.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "call/event.h"

namespace sotto::delivery {

// Where a subscriber stands: a restart that may have lost unpersisted events opens a new epoch, which forces a
// snapshot.
struct Cursor {
  std::int64_t epoch = 0;
  std::int64_t number = 0;
};

// What a subscriber says.
struct Subscribe {
  std::string ticket;
  std::optional<Cursor> cursor;
};
struct Ping {
  double t = 0;  // the page's clock, returned as it is
};
// The page has drawn a cue: milliseconds measured there. `clock_error`: half the least round trip.
struct Displayed {
  std::string cue;
  double deliver = 0, render = 0, hold = 0, total = 0, clock_error = 0;
};
struct Dismiss {
  std::string cue;
};
using FromSubscriber = std::variant<Subscribe, Ping, Displayed, Dismiss>;

// Errors: bad_json, unknown_type, missing_field, bad_field, too_big.
Result<FromSubscriber> decode_from_subscriber(std::string_view text);

std::string encode_snapshot(Cursor cursor, boost::json::object call, Time now);
// `events`: the text of a CloudEvent each.
std::string encode_delta(Cursor cursor, std::span<std::string const> events, Time now);
std::string encode_beat(Time now, std::int64_t media_ms, std::int64_t lag_ms, boost::json::object coverage);
std::string encode_pong(double t, Time now);
std::string encode_error(Error const& error);

}  // namespace sotto::delivery

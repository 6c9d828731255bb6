#include "live/delivery/messages.h"

#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"

namespace sotto::delivery {

namespace json = boost::json;

static std::int64_t micros(Time time) { return time.time_since_epoch().count(); }

static Result<Displayed> decode_displayed(json::object const& message) {
  Displayed out{.cue = get_string(message, "cue")};
  if (out.cue.empty()) return fail("missing_field", "field \"cue\" is missing");
  for (auto const& [key, field] : {std::pair{"deliver", &out.deliver},
                                   {"render", &out.render},
                                   {"hold", &out.hold},
                                   {"total", &out.total},
                                   {"clock_error", &out.clock_error}}) {
    auto const* value = message.if_contains(key);
    if (!value || !value->is_number()) return fail("missing_field", fmt::format("field \"{}\" must be a number", key));
    *field = value->to_number<double>();
    if (!std::isfinite(*field) || std::abs(*field) > 3'600'000) {
      return fail("bad_field", fmt::format("field \"{}\" is out of range", key));
    }
  }
  return out;
}

Result<FromSubscriber> decode_from_subscriber(std::string_view text) {
  if (text.size() > limits::control_bytes_max) return fail("too_big", "message too big");
  auto const message = parse_object(text);
  if (!message) return std::unexpected(message.error());
  auto const type = get_string(*message, "type");
  if (type == "subscribe") {
    Subscribe out{.ticket = get_string(*message, "ticket")};
    if (out.ticket.empty()) return fail("missing_field", "field \"ticket\" is missing");
    if (message->contains("epoch") && message->contains("cursor")) {
      out.cursor = Cursor{get_int(*message, "epoch", -1), get_int(*message, "cursor", -1)};
    }
    return out;
  }
  if (type == "ping") return Ping{get_double(*message, "t")};
  if (type == "displayed") return decode_displayed(*message);
  if (type == "dismiss") {
    Dismiss out{get_string(*message, "cue")};
    if (out.cue.empty()) return fail("missing_field", "field \"cue\" is missing");
    return out;
  }
  return fail("unknown_type",
              fmt::format("message type \"{}\"; expected subscribe, ping, displayed or dismiss", type.substr(0, 40)));
}

std::string encode_snapshot(Cursor cursor, json::object call, Time now) {
  return json::serialize(json::object{{"type", "snapshot"},
                                      {"epoch", cursor.epoch},
                                      {"cursor", cursor.number},
                                      {"sent_us", micros(now)},
                                      {"call", std::move(call)}});
}

std::string encode_delta(Cursor cursor, std::span<std::string const> events, Time now) {
  return fmt::format(R"({{"type":"delta","epoch":{},"cursor":{},"sent_us":{},"events":[{}]}})", cursor.epoch,
                     cursor.number, micros(now), fmt::join(events, ","));
}

std::string encode_beat(Time now, std::int64_t media_ms, std::int64_t lag_ms, json::object coverage) {
  return json::serialize(json::object{{"type", "beat"},
                                      {"time_us", micros(now)},
                                      {"media_ms", media_ms},
                                      {"lag_ms", lag_ms},
                                      {"coverage", std::move(coverage)}});
}

std::string encode_pong(double t, Time now) {
  return json::serialize(json::object{{"type", "pong"}, {"t", t}, {"time_us", micros(now)}});
}

std::string encode_error(Error const& error) {
  return json::serialize(json::object{{"type", "error"}, {"code", error.code}, {"message", error.message}});
}

}  // namespace sotto::delivery

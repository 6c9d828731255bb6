#include "live/delivery/messages.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::delivery {

namespace json = boost::json;

static std::int64_t micros(Time time) { return time.time_since_epoch().count(); }

static Result<CueDisplayed> decode_displayed(json::object const& message) {
  CueDisplayed out{.id = get_string(message, "cue")};
  if (out.id.empty()) return fail("missing_field", "field \"cue\" is missing");
  for (auto const& [key, field] : {std::pair{"deliver", &out.stages_ms.deliver},
                                   {"render", &out.stages_ms.render},
                                   {"hold", &out.stages_ms.hold},
                                   {"total", &out.stages_ms.total},
                                   {"clock_error", &out.stages_ms.clock_error}}) {
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
  if (text.size() > limits::kControlBytesMax) return fail("too_big", "message too big");
  auto const message = parse_object(text);
  if (!message) return std::unexpected(message.error());
  auto const type = get_string(*message, "type");
  if (type == "subscribe") {
    Subscribe out{.ticket = get_string(*message, "ticket")};
    if (out.ticket.empty()) return fail("missing_field", "field \"ticket\" is missing");
    // One that is none of ours brings a snapshot.
    auto const cursor = get_string(*message, "cursor");
    std::int64_t number = 0;
    auto const [end, failed] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
    if (!cursor.empty() && failed == std::errc() && end == cursor.data() + cursor.size() && number >= 0)
      out.cursor = number;
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

std::string encode_snapshot(std::int64_t cursor, std::string_view call, Time now) {
  return fmt::format(R"({{"type":"snapshot","cursor":"{}","sent_us":{},"call":{}}})", cursor, micros(now), call);
}

std::string encode_delta(std::int64_t cursor, std::span<std::string const> events, Time now) {
  return fmt::format(R"({{"type":"delta","cursor":"{}","sent_us":{},"events":[{}]}})", cursor, micros(now),
                     fmt::join(events, ","));
}

std::string encode_beat(Time now, std::int64_t media_ms, std::int64_t lag_ms,
                        std::map<Track, TrackCoverage> const& coverage, bool cut_off) {
  json::object beat{{"type", "beat"},
                    {"time_us", micros(now)},
                    {"media_ms", media_ms},
                    {"lag_ms", lag_ms},
                    {"coverage", fields::written(coverage, {})}};
  if (cut_off) beat["cut_off"] = true;
  return json::serialize(beat);
}

std::string encode_pong(double t, Time now) {
  return json::serialize(json::object{{"type", "pong"}, {"t", t}, {"time_us", micros(now)}});
}

std::string encode_error(Error const& error) {
  return json::serialize(json::object{{"type", "error"}, {"code", error.code}, {"message", error.message}});
}

}  // namespace sotto::delivery

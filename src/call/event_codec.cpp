#include "call/event_codec.h"

#include <utility>

#include <boost/json/serialize.hpp>

#include "base/json.h"

namespace sotto {

namespace json = boost::json;

std::string_view type_of(EventBody const& body) {
  return std::visit([]<class Body>(Body const&) { return Fields<Body>::type; }, body);
}

json::object data_of(EventBody const& body) {
  return std::visit([](auto const& one) { return to_json(one); }, body);
}

std::size_t encoded_size(EventBody const& body) { return json::serialize(data_of(body)).size(); }

json::object to_cloud_event(Event const& event) {
  json::object out{{"specversion", "1.0"},
                   {"id", event.call + "/" + std::to_string(event.number)},
                   {"source", "/tenants/" + event.tenant + "/calls/" + event.call},
                   {"type", type_of(event.body)},
                   {"time", to_rfc3339(event.time)},
                   {"subject", event.call},
                   {"number", event.number},
                   {"tenant", event.tenant},
                   {"data", data_of(event.body)}};
  if (event.is<Partial>()) out["id"] = event.call + "/" + std::to_string(event.number) + "/partial";
  if (auto const* expected = event.as<CueExpected>()) out["id"] = event.call + "/0/expected/" + expected->cue.id;
  if (event.unpersisted) out["unpersisted"] = true;
  return out;
}

// The body of the alternative whose type this is.
template <std::size_t At = 0>
static Result<EventBody> read_body(std::string_view type, json::object const& data) {
  if constexpr (At == std::variant_size_v<AnyBody>) {
    return fail("bad_event", "an event of unknown type \"" + std::string(type.substr(0, 80)) + "\"");
  } else {
    using Body = std::variant_alternative_t<At, AnyBody>;
    if (type != Fields<Body>::type) return read_body<At + 1>(type, data);
    auto body = from_json<Body>(data);
    if (!body) return fail("bad_event", std::string(type) + ": " + body.error().message);
    return EventBody(std::move(*body));
  }
}

Result<EventBody> body_of(std::string_view type, json::object const& data) { return read_body(type, data); }

Result<Event> event_from_cloud_event(json::object const& object) {
  auto const* data = get_object(object, "data");
  if (!data) return fail("bad_event", "an event without data");
  auto body = read_body(get_string(object, "type"), *data);
  if (!body) return std::unexpected(body.error());
  return Event{.call = get_string(object, "subject"),
               .tenant = get_string(object, "tenant"),
               .number = get_int(object, "number"),
               .time = {},
               .body = std::move(*body),
               .unpersisted = get_bool(object, "unpersisted")};
}

}  // namespace sotto

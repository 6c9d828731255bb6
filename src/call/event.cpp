#include "call/event.h"

#include "base/json.h"

namespace sotto {

namespace json = boost::json;

json::object to_cloud_event(Event const& event) {
  json::object out{{"specversion", "1.0"},
                   {"id", event.call + "/" + std::to_string(event.number)},
                   {"source", "/tenants/" + event.tenant + "/calls/" + event.call},
                   {"type", event.type},
                   {"time", to_rfc3339(event.time)},
                   {"subject", event.call},
                   {"number", event.number},
                   {"tenant", event.tenant},
                   {"data", event.data}};
  if (event.is_partial()) out["id"] = event.call + "/" + std::to_string(event.number) + "/partial";
  if (event.unpersisted) out["unpersisted"] = true;
  return out;
}

Result<Event> event_from_cloud_event(json::object const& object) {
  auto const* data = get_object(object, "data");
  if (!data) return fail("bad_event", "an event without data");
  return Event{.call = get_string(object, "subject"),
               .tenant = get_string(object, "tenant"),
               .number = get_int(object, "number"),
               .type = get_string(object, "type"),
               .time = {},
               .data = *data,
               .unpersisted = get_bool(object, "unpersisted")};
}

}  // namespace sotto

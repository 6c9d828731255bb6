// The only JSON of events: CloudEvents 1.0 objects, one JSON object a line, on the wire and in the store.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/fields_json.h"
#include "call/event_fields.h"
#include "call/events.h"

namespace sotto {

// "sotto.utterance.final"
std::string_view type_of(EventBody const& body);
// The object under "data".
boost::json::object data_of(EventBody const& body);
boost::json::object to_cloud_event(Event const& event);
// The body that data_of() wrote for this type. Errors: `bad_event`.
Result<EventBody> body_of(std::string_view type, boost::json::object const& data);
// Bytes of its data as text.
std::size_t encoded_size(EventBody const& body);
// `time` is not read back: its text has milliseconds; the store keeps it beside the event. Errors: `bad_event`, also
// where the type is unknown.
Result<Event> event_from_cloud_event(boost::json::object const& object);

}  // namespace sotto

#include "adapters/sealed_call/redacted_events.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto {

Result<RedactedEvents> redacted_events(std::string const& call, std::vector<Redaction> const& events, std::int64_t last,
                                       std::function<Result<Event>(std::int64_t number)> const& read) {
  RedactedEvents out;
  for (auto const& [number, body] : events) {
    if (number < 1 || number > last)
      return fail("no_such_event", fmt::format("call {} has events 1 to {}, not {}", call, last, number));
    auto event = read(number);
    if (!event) return std::unexpected(event.error());
    if (event->body.index() != body.index())
      return fail("bad_event", fmt::format("event {} of call {} is {}: it cannot become {}", number, call,
                                           type_of(event->body), type_of(body)));
    event->body = body;
    out.insert_or_assign(number, std::move(*event));
  }
  return out;
}

Result<std::string> text_after(RedactedEvents const& redacted, std::int64_t number, std::string_view type,
                               std::string text) {
  if (auto const own = redacted.find(number); own != redacted.end())
    return boost::json::serialize(to_cloud_event(own->second));
  if (type != Fields<EventRedacted>::type) return text;
  auto object = parse_object(text);
  auto told = object ? event_from_cloud_event(*object) : std::unexpected(object.error());
  if (!told) return std::unexpected(told.error());
  auto const of = redacted.find(std::get<EventRedacted>(told->body).number);
  if (of == redacted.end()) return text;
  (*object)["data"].as_object()["data"] = data_of(of->second.body);
  return boost::json::serialize(*object);
}

std::vector<EventBody> redactions_told(std::vector<Redaction> const& events) {
  std::vector<EventBody> out;
  out.reserve(events.size());
  for (auto const& [of, body] : events)
    out.push_back(EventRedacted{.number = of, .type = std::string(type_of(body)), .data = data_of(body)});
  return out;
}

}  // namespace sotto

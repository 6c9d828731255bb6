// An event of a call: numbered 1, 2, 3 ... per call, stored (but for partials, which carry the last number), then
// published. On the wire and in the store it is a CloudEvents 1.0 object, one JSON object a line.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/error.h"

namespace sotto {

namespace event_type {
inline constexpr char call_started[] = "sotto.call.started";
inline constexpr char call_health[] = "sotto.call.health";
inline constexpr char call_paused[] = "sotto.call.paused";
inline constexpr char call_resumed[] = "sotto.call.resumed";
inline constexpr char call_ended[] = "sotto.call.ended";
inline constexpr char partial[] = "sotto.hypothesis.partial";
inline constexpr char utterance_final[] = "sotto.utterance.final";
inline constexpr char utterance_revised[] = "sotto.utterance.revised";
inline constexpr char utterance_understood[] = "sotto.utterance.understood";
inline constexpr char moment_raised[] = "sotto.moment.raised";
inline constexpr char alert_raised[] = "sotto.alert.raised";
inline constexpr char call_tagged[] = "sotto.call.tagged";
inline constexpr char webhook_requested[] = "sotto.webhook.requested";
inline constexpr char cue_shown[] = "sotto.cue.shown";
inline constexpr char cue_displayed[] = "sotto.cue.displayed";
inline constexpr char cue_closed[] = "sotto.cue.closed";
inline constexpr char checklist_ticked[] = "sotto.checklist.ticked";
inline constexpr char checklist_unticked[] = "sotto.checklist.unticked";
inline constexpr char coverage_gap[] = "sotto.coverage.gap";
}  // namespace event_type

struct Event {
  std::string call;
  std::string tenant;
  std::int64_t number = 0;
  std::string type;
  Time time;
  boost::json::object data;
  bool unpersisted = false;  // published from memory while the store was down

  bool is_partial() const { return type == event_type::partial; }
};

boost::json::object to_cloud_event(Event const& event);
Result<Event> event_from_cloud_event(boost::json::object const& object);

}  // namespace sotto

// Port EventBus: wake-ups from the parts of a call to whoever follows it, and commands to the part that owns it. The
// log is the truth: what the bus loses is read there.
//
// Contract (tests/contract/event_bus_test.cpp):
//  * publish() delivers to every follower of the call's topics, in order of publication, on the follower's loop. What
//    is published while a notice is delivered comes after it. Never blocks.
//  * send() reaches the part's owner, whose answer comes back; error `not_live` where no owner serves the call.
//  * A call that begins is told to one of those who take_new(), perhaps twice, perhaps (after a fault) to none: whoever
//    takes care of calls also asks the log for those without an owner.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "call/command.h"
#include "call/events.h"
#include "ports/call_log.h"

namespace sotto {

// The speech part is alive: its clock and how far captions are behind.
struct Beat {
  std::string call, tenant;
  std::int64_t media_ms = 0;    // of the audio received
  std::int64_t running_ms = 0;  // of the call: it runs on through a pause
  std::int64_t quiet_ms = 0;    // since anyone spoke; 0 where nobody can be heard
  std::int64_t lag_ms = 0;
  bool ending = false;                                                    // no more audio comes
  std::optional<std::map<Track, TrackCoverage>> coverage = std::nullopt;  // now and then
};

// All of the call was erased from the log: nobody goes on with it, shows it or keeps it.
struct Erased {
  std::string call, tenant;
};

// Stored events with their numbers; with the number 0 partials, and what could not be stored yet.
using Notice = std::variant<Event, Beat, Erased>;

// What is empty is any.
struct Topic {
  std::string tenant = {}, call = {};
};

class EventBus {
 public:
  // Destroying it ends the subscription; no delivery afterwards.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  using Follow = std::function<void(Notice const&)>;
  // Answers once, now or later, on the owner's loop.
  using Serve = std::function<void(CallCommand, Then<void>)>;

  virtual ~EventBus() = default;
  virtual void publish(Notice const& notice) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> follow(Topic topic, Follow deliver) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> take_new(Follow deliver) = 0;
  // Why notices of other processes may be missing now; empty: they are not. Who follows a call then reads its log.
  virtual std::string trouble() const { return {}; }
  // Notices may be missing now and then without trouble.
  virtual bool loses() const { return false; }
  // `then` may be called inside. A SpeechCommand goes to the speech part, a GuideCommand to the guidance.
  virtual void send(std::string const& call, CallCommand command, Then<void> then) = 0;
  // The owner of a part takes its commands from here on.
  [[nodiscard]] virtual std::unique_ptr<Subscription> serve(std::string const& call, Part part, Serve serve) = 0;
};

// How often the log of a call is looked into for what the bus may not have told of; nullopt: it tells everything.
inline std::optional<Duration> look_every(EventBus const& bus) {
  if (!bus.trouble().empty()) return limits::kLookInTrouble;
  return bus.loses() ? std::optional(limits::kLook) : std::nullopt;
}

inline Part part_of(CallCommand const& command) {
  return std::holds_alternative<SpeechCommand>(command) ? Part::speech : Part::guidance;
}

}  // namespace sotto

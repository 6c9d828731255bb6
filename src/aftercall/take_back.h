// Taking words of a call back, or all of it, while it runs or afterwards: what is asked for is found in the stored
// call, changed in the log at once (ports/call_log.h), and told to everybody who follows the call. What was under way
// meanwhile - a cue being judged, a correction - is looked for for some seconds more. Confined to the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/redaction.h"
#include "call/scope.h"
#include "ports/call_index.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"

namespace sotto::aftercall {

class TakeBack {
 public:
  TakeBack(CallLog& log, CallIndex& index, EventBus& bus) : log_(log), index_(index), bus_(bus) {}
  ~TakeBack() { *alive_ = false; }

  // What `hiding` names in event `number`, in every event that says it. The numbers of those that changed; none: it was
  // hidden already. Calls beyond `scope` are not there. Errors: those of TakenBack::find(), CallIndex::load() and
  // CallLog::redact().
  void redact(std::string const& call, Scope const& scope, std::int64_t number, Hiding hiding, Time now,
              Then<std::vector<std::int64_t>> then);
  // All of a call; what remains is that there was one. Errors: no_such_call, live (it is to be stopped first), and
  // those of CallLog::erase().
  void erase(std::string const& call, Scope const& scope, Then<void> then);
  // At least once a second.
  void tick(Time now);

 private:
  // Words that were taken back lately.
  struct Lately {
    std::string call;
    TakenBack taken;
    std::int64_t seen = 0;  // events up to here were looked through
    Time until;
    bool looking = false;
  };
  void change(std::string const& call, std::vector<Redaction> events, Then<std::vector<std::int64_t>> then);
  void tell(std::string const& call, std::int64_t first, std::size_t count);
  void look_again(std::shared_ptr<Lately> const& lately);

  CallLog& log_;
  CallIndex& index_;
  EventBus& bus_;
  std::vector<std::shared_ptr<Lately>> lately_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::aftercall

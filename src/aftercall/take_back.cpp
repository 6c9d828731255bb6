#include "aftercall/take_back.h"

#include <utility>

#include "base/limits.h"

namespace sotto::aftercall {

namespace {

// Events read at once.
constexpr std::size_t kPage = 1000;

Error no_such_call(std::string const& call) { return {"no_such_call", "there is no call " + call}; }

}  // namespace

void TakeBack::redact(std::string const& call, Scope const& scope, std::int64_t number, Hiding hiding, Time now,
                      Then<std::vector<std::int64_t>> then) {
  index_.load(call, [this, call, scope, number, hiding = std::move(hiding), now, then = std::move(then),
                     alive = alive_](Result<CallRecord> record) {
    if (!*alive) return;
    if (!record) return then(std::unexpected(record.error()));
    if (!scope.covers(scope_of(record->info))) return then(std::unexpected(no_such_call(call)));
    auto taken = TakenBack::find(record->events, number, hiding);
    if (!taken) return then(std::unexpected(taken.error()));
    // First, so that nothing corrects the utterance meanwhile. A call that is over has nobody to tell.
    if (record->live && !taken->utterance().empty())
      bus_.send(call, SpeechCommand(ForgetWords{.track = taken->track(), .n = taken->n()}), [](Result<void> const&) {});
    auto events = taken->bodies(record->events);
    auto const lately = std::make_shared<Lately>(Lately{.call = call,
                                                        .taken = std::move(*taken),
                                                        .seen = std::ssize(record->events),
                                                        .until = now + limits::kTakenBackWatch});
    change(call, std::move(events), [this, lately, then](Result<std::vector<std::int64_t>> changed) {
      if (changed) {
        lately_.push_back(lately);
        look_again(lately);
      }
      then(std::move(changed));
    });
  });
}

// The log, then whoever follows the call.
void TakeBack::change(std::string const& call, std::vector<Redaction> events, Then<std::vector<std::int64_t>> then) {
  std::vector<std::int64_t> numbers;
  for (auto const& event : events) numbers.push_back(event.number);
  if (numbers.empty()) return then(std::move(numbers));
  log_.redact(
      call, std::move(events),
      [this, call, numbers = std::move(numbers), then = std::move(then), alive = alive_](Result<std::int64_t> first) {
        if (!*alive) return;
        if (!first) return then(std::unexpected(first.error()));
        tell(call, *first, numbers.size());
        then(numbers);
      });
}

void TakeBack::tell(std::string const& call, std::int64_t first, std::size_t count) {
  log_.read(call, first - 1, count, [this, alive = alive_](Result<std::vector<Event>> told) {
    if (!*alive || !told) return;
    for (auto const& event : *told) bus_.publish(event);
  });
}

void TakeBack::look_again(std::shared_ptr<Lately> const& lately) {
  if (std::exchange(lately->looking, true)) return;
  log_.read(lately->call, lately->seen, kPage, [this, lately, alive = alive_](Result<std::vector<Event>> events) {
    if (!*alive) return;
    lately->looking = false;
    if (!events || events->empty()) return;
    change(lately->call, lately->taken.bodies(*events),
           [this, lately, seen = events->back().number,
            more = events->size() == kPage](Result<std::vector<std::int64_t>> const& changed) {
             if (!changed) return;  // at the next tick
             lately->seen = std::max(lately->seen, seen);
             if (more) look_again(lately);
           });
  });
}

void TakeBack::tick(Time now) {
  for (auto const& lately : lately_) look_again(lately);
  std::erase_if(lately_, [&](auto const& lately) { return now >= lately->until; });
}

void TakeBack::erase(std::string const& call, Scope const& scope, Then<void> then) {
  index_.find(call, [this, call, scope, then = std::move(then), alive = alive_](Result<KnownCall> known) {
    if (!*alive) return;
    if (!known) return then(std::unexpected(known.error()));
    if (known->state == CallState::unknown || !scope.covers(known->scope))
      return then(std::unexpected(no_such_call(call)));
    if (known->state == CallState::live)
      return then(fail("live", "call " + call + " is live: stop it first, then what was said in it can be erased"));
    log_.erase(call, [this, call, tenant = known->scope.tenant, then, alive](Result<void> erased) {
      if (!*alive) return;
      if (erased) bus_.publish(Erased{.call = call, .tenant = tenant});
      then(std::move(erased));
    });
  });
}

}  // namespace sotto::aftercall

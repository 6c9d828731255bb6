#include "gateway/call_registry.h"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/openssl/secrets.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/guard.h"

namespace sotto::app {

static constexpr auto kBeat = std::chrono::milliseconds(50);
// How often calls are looked for that no process carries. A source that comes back is served at once.
static constexpr Duration kAdoptEvery = std::chrono::seconds(10);
// A source that comes back waits so long for who carries its call to let go, and that one is asked so often.
static constexpr Duration kTakeOverWithin = std::chrono::seconds(15), kAskEvery = std::chrono::seconds(1);
// Parts a claim asks for at once; and the newest events, in which a number that was asked for may stand.
static constexpr std::size_t kClaimedAtOnce = 64, kNewest = 200;

CallRegistry::CallRegistry(net::Loop& loop, gateway::CaptureParts const& parts, CallIndex& index, std::string worker)
    : loop_(loop), parts_(parts), index_(index), stored_(index, parts.shares), worker_(std::move(worker)) {}

CallRegistry::~CallRegistry() { *alive_ = false; }

// --- calls of a process that is gone ---

void CallRegistry::adopt(std::function<void(Result<std::size_t>)> then) { adopt_page(0, std::move(then)); }

void CallRegistry::adopt_page(std::size_t adopted, std::function<void(Result<std::size_t>)> then) {
  parts_.log.claim(Part::speech, worker_, kClaimedAtOnce,
                   [this, adopted, then = std::move(then), alive = alive_](Result<std::vector<Claimed>> claimed) {
                     if (!*alive) return;
                     if (!claimed) return then(std::unexpected(claimed.error()));
                     if (claimed->empty()) return then(adopted);
                     auto const left = std::make_shared<std::size_t>(claimed->size());
                     auto const sum = adopted + claimed->size();
                     for (auto& one : *claimed) {
                       adopt_one(std::move(one), [this, left, sum, then](bool) {
                         if (--*left == 0) adopt_page(sum, then);
                       });
                     }
                   });
}

void CallRegistry::adopt_one(Claimed claimed, std::function<void(bool)> then) {
  auto const after = std::max<std::int64_t>(0, claimed.last_number - static_cast<std::int64_t>(kNewest));
  auto const call = claimed.lease.call;
  parts_.log.read(
      call, after, kNewest,
      [this, claimed = std::move(claimed), then = std::move(then), alive = alive_](Result<std::vector<Event>> newest) {
        if (!*alive) return;
        if (!newest) {
          spdlog::error("call {}: cannot go on: {}", claimed.lease.call, newest.error().message);
          return then(false);
        }
        auto& entry = calls_[claimed.lease.call];
        entry.call = std::make_unique<gateway::CapturedCall>(parts_, claimed, *newest);
        serve(entry);
        then(true);
      });
}

// --- time ---

void CallRegistry::run() {
  loop_.every("beat of the calls", kBeat, [this] { tick(); });
}

void CallRegistry::tick() {
  auto const now = parts_.clock.now();
  for (auto* link : std::vector<SourceLink*>(watched_.begin(), watched_.end())) {
    if (watched_.contains(link)) link->on_tick(now);  // one may leave while another is told
  }
  for (auto at = calls_.begin(); at != calls_.end();) at = tick(at);
  for (auto& [at, over] : std::exchange(waiting_, {})) {
    if (at <= now) take_over(over);
    else waiting_.emplace_back(at, over);
  }
  if (now - renewed_at_ >= limits::kLease / 3) renew(now);
  stored_.tick(now);
  // In a cluster a gateway may die whose source does not come back: somebody ends the call.
  if (parts_.bus.loses() && now - adopted_at_ >= kAdoptEvery) {
    adopted_at_ = now;
    adopt([](Result<std::size_t> const& calls) {
      if (calls && *calls > 0) spdlog::info("{} calls of another server are carried here", *calls);
    });
  }
}

CallRegistry::Calls::iterator CallRegistry::tick(Calls::iterator at) {
  auto& entry = at->second;
  try {
    entry.call->tick();
  } catch (std::exception const& error) {
    return abandon(at, std::string(error.what()) + "; the next start of the server ends it");
  }
  log_store(entry);
  auto const& refused = entry.call->refused();
  if (refused && entry.resume_token.empty()) return abandon(at, refused->message);
  if (!entry.call->capture().finished()) return std::next(at);
  parts_.metrics.count(Counter::calls_ended);
  if (entry.source) entry.source->on_ended(*entry.call->capture().ending());
  return calls_.erase(at);
}

void CallRegistry::renew(Time now) {
  renewed_at_ = now;
  std::vector<Lease> leases;
  for (auto const& [id, entry] : calls_) {
    if (entry.call->capture().opened()) leases.push_back(entry.call->lease());
  }
  if (leases.empty()) return;
  parts_.log.renew(std::move(leases), [](Result<std::vector<Lease>> const&) {});  // whoever lost one is fenced
}

// A call that cannot go on takes no other along. What it stored stays in the log, for whoever claims it next.
CallRegistry::Calls::iterator CallRegistry::abandon(Calls::iterator at, std::string const& why) {
  spdlog::error("call {}: cannot go on: {}", one_line(at->first), why);
  parts_.metrics.count(Counter::calls_abandoned);
  if (at->second.source) at->second.source->on_abandoned();
  return calls_.erase(at);
}

std::string CallRegistry::store_trouble() const {
  for (auto const& [id, entry] : calls_) {
    if (!entry.call->capture().health().saved) return entry.call->capture().log_trouble();
  }
  return "";
}

void CallRegistry::log_store(Entry& entry) {
  auto const& capture = entry.call->capture();
  bool const unsaved = !capture.health().saved;
  if (unsaved == entry.told_unsaved) return;
  entry.told_unsaved = unsaved;
  auto const& call = capture.info().id;
  if (unsaved) spdlog::error("call {}: not saved, events wait in memory: {}", call, capture.log_trouble());
  else spdlog::info("call {}: saved again", call);
}

// --- sources ---

Result<void> CallRegistry::start(ingest::Start start, SourceLink& source) {
  auto const live = calls_.find(start.call.id);
  if (live != calls_.end()) return resume_call(live->second, start, source);
  if (!start.resume.empty()) {
    watch(source);
    take_over(std::make_shared<TakeOver>(
        TakeOver{.start = std::move(start), .source = &source, .until = parts_.clock.now() + kTakeOverWithin}));
    return {};
  }
  if (calls_.size() >= limits::kCallsMax) return fail("too_many_calls", "the server carries as many calls as it may");
  if (auto const share = share_of(start.call.tenant); !share) return share;
  if (auto const room = stored_.room_for(start.call.tenant); !room) return room;
  start.call.started = parts_.clock.now();
  auto const id = start.call.id;
  auto& entry = calls_[id];
  entry.resume_token = random_hex(16);
  entry.source = &source;
  auto token_digest = digest(entry.resume_token);
  entry.call = std::make_unique<gateway::CapturedCall>(parts_, std::move(start.call), std::move(token_digest), worker_);
  serve(entry);
  entry.call->when_opened([this, id, alive = alive_] {
    loop_.post([this, id, alive] {  // it may be dropped
      if (*alive) on_opened(id);
    });
  });
  return {};
}

Result<void> CallRegistry::share_of(std::string const& tenant) const {
  if (!parts_.shares) return {};
  auto const taken =
      std::ranges::count_if(calls_, [&](auto const& each) { return each.second.call->info().tenant == tenant; });
  if (static_cast<std::size_t>(taken) < parts_.shares->of(tenant, limits::kCallsMax)) return {};
  return fail("tenant_share",
              fmt::format("tenant {} has {} calls on this server, as many as one tenant may (the setting tenant_share)",
                          one_line(tenant), taken));
}

// The log has the call, or knows another of this name.
void CallRegistry::on_opened(std::string const& call) {
  auto const found = calls_.find(call);
  if (found == calls_.end()) return;
  auto& entry = found->second;
  auto const token = std::exchange(entry.resume_token, "");
  if (entry.call->refused()) {
    if (entry.source)
      entry.source->on_start_refused({"call_exists", "call id " + call + " was used before; take a new one"});
    calls_.erase(call);
    return;
  }
  parts_.metrics.count(Counter::calls_started);
  auto const& info = entry.call->info();
  auto const rules = rules_for(info);
  if (rules == 0)
    spdlog::warn("call {}: no rules are in force for tenant {}", one_line(info.id), one_line(info.tenant));
  if (entry.source) entry.source->on_started(*entry.call, token, rules);
}

std::size_t CallRegistry::rules_for(CallInfo const& info) const {
  return parts_.library.policies(info.tenant, info.team, info.agent)->rules.size();
}

Result<void> CallRegistry::resume_call(Entry& entry, ingest::Start const& start, SourceLink& source) {
  auto const& info = entry.call->info();
  if (start.resume.empty())
    return fail("call_exists", "call " + info.id + " is live; its source resumes with its token");
  if (!net::equal_constant_time(digest(start.resume), entry.call->resume_digest())) {
    return fail("wrong_token", "the resume token is not the one of call " + info.id);
  }
  bool const same = start.call.tracks == info.tracks && start.call.mono == info.mono &&
                    start.call.format.coding == info.format.coding && start.call.format.rate == info.format.rate &&
                    start.call.tenant == info.tenant;
  if (!same) return fail("bad_field", "a call is resumed with the tenant, tracks, coding and rate it was started with");
  if (entry.call->capture().ending()) return fail("call_ended", "call " + info.id + " has ended");
  if (entry.source) std::exchange(entry.source, nullptr)->on_replaced();
  entry.source = &source;
  entry.call->on_source(true);
  source.on_started(*entry.call, start.resume, rules_for(info));
  return {};
}

// The source of a call shows its token, and the call is not carried here: who carried it is gone, or is asked to let
// go.
void CallRegistry::take_over(std::shared_ptr<TakeOver> const& over) {
  if (!watched_.contains(over->source)) return;
  if (auto const here = calls_.find(over->start.call.id); here != calls_.end()) {  // it was adopted meanwhile
    if (auto const resumed = resume_call(here->second, over->start, *over->source); !resumed)
      over->source->on_start_refused(resumed.error());
    return;
  }
  parts_.log.claim_call(Part::speech, worker_, over->start.call.id,
                        [this, over, alive = alive_](Result<std::optional<Claimed>> claimed) {
                          if (!*alive) return;
                          if (!claimed) return take_over_again(over);
                          if (*claimed) on_claimed(over, std::move(**claimed));
                          else if (watched_.contains(over->source)) on_not_free(over);
                        });
}

void CallRegistry::take_over_again(std::shared_ptr<TakeOver> const& over) {
  auto const now = parts_.clock.now();
  if (now < over->until) return void(waiting_.emplace_back(now + std::chrono::milliseconds(200), over));
  if (watched_.contains(over->source))
    over->source->on_start_refused({"call_exists", "call " + over->start.call.id + " is carried by another server"});
}

void CallRegistry::on_claimed(std::shared_ptr<TakeOver> const& over, Claimed claimed) {
  auto const id = claimed.lease.call;
  adopt_one(std::move(claimed), [this, over, id](bool goes_on) {
    bool const waits = watched_.contains(over->source);
    if (!goes_on) {
      if (waits) over->source->on_start_refused({"no_such_call", "call " + id + " cannot go on"});
      return;
    }
    spdlog::info("call {}: goes on here", one_line(id));
    if (!waits) return;
    auto const resumed = resume_call(calls_.at(id), over->start, *over->source);
    if (!resumed) over->source->on_start_refused(resumed.error());
  });
}

void CallRegistry::on_not_free(std::shared_ptr<TakeOver> const& over) {
  auto const call = over->start.call.id;
  index_.find(call, [this, over, call, alive = alive_](Result<KnownCall> known) {
    if (!*alive || !watched_.contains(over->source)) return;
    if (!known) return over->source->on_start_refused(known.error());
    if (known->state == CallState::unknown)
      return over->source->on_start_refused({"no_such_call", "there is no call " + call + " to resume"});
    if (known->state == CallState::ended)
      return over->source->on_start_refused({"call_ended", "call " + call + " has ended"});
    auto const now = parts_.clock.now();
    if (now - over->asked < kAskEvery) return take_over_again(over);
    over->asked = now;
    parts_.bus.send(call, SpeechCommand(LetGo{digest(over->start.resume)}), [this, over, alive](Result<void> done) {
      if (!*alive || !watched_.contains(over->source)) return;
      if (!done && done.error().code == "wrong_token") return over->source->on_start_refused(done.error());
      if (done) take_over(over);
      else take_over_again(over);
    });
  });
}

// What was heard and is not decided is dropped: the source sends it again from what the log has.
Result<void> CallRegistry::let_go(std::string const& call, LetGo const& command) {
  auto const found = calls_.find(call);
  if (found == calls_.end()) return fail("not_live", "call " + call + " is not live");
  auto& entry = found->second;
  if (!net::equal_constant_time(command.resume_digest, entry.call->resume_digest()))
    return fail("wrong_token", "the resume token is not the one of call " + call);
  if (entry.source) std::exchange(entry.source, nullptr)->on_replaced();
  parts_.log.release(entry.call->lease());
  spdlog::info("call {}: goes on on another server", one_line(call));
  loop_.post([this, call, alive = alive_] {  // its command is being answered
    if (*alive) calls_.erase(call);
  });
  return {};
}

void CallRegistry::let_go_of_all() {
  for (auto& [id, entry] : std::exchange(calls_, {})) {
    parts_.log.release(entry.call->lease());
    if (entry.source) entry.source->on_server_stops();
  }
}

void CallRegistry::detach(std::string const& call, SourceLink& source) {
  auto const entry = calls_.find(call);
  if (entry == calls_.end() || entry->second.source != &source) return;
  entry->second.source = nullptr;
  entry->second.call->on_source(false);
}

gateway::CapturedCall* CallRegistry::find(std::string const& call) {
  auto const entry = calls_.find(call);
  return entry == calls_.end() ? nullptr : entry->second.call.get();
}

// --- commands ---

void CallRegistry::serve(Entry& entry) {
  auto const id = entry.call->info().id;
  entry.commands = parts_.bus.serve(id, Part::speech, [this, id](CallCommand command, Then<void> then) {
    then(obey(id, std::get<SpeechCommand>(command)));
  });
}

Result<void> CallRegistry::obey(std::string const& call, SpeechCommand const& command) {
  auto const found = calls_.find(call);
  if (found == calls_.end()) return fail("not_live", "call " + call + " is not live");
  auto& entry = found->second;
  if (auto const* go = std::get_if<LetGo>(&command)) return let_go(call, *go);
  if (std::holds_alternative<StopListening>(command)) {
    entry.call->on_end(EndReason::stopped);
    return {};
  }
  if (auto const* forget = std::get_if<ForgetWords>(&command)) {
    entry.call->forget(*forget);
    return {};
  }
  if (entry.call->capture().ending()) return fail("not_live", "call " + call + " is not live");
  if (auto const* expect = std::get_if<ExpectTerms>(&command)) {
    entry.call->on_expect(expect->terms);
    return {};
  }
  bool const paused = entry.call->capture().paused();
  if (auto const* pause = std::get_if<PauseListening>(&command)) {
    if (paused) return {};
    if (auto done = entry.call->on_pause(std::nullopt, pause->by); !done) return done;
    notice(entry, "paused");
  } else if (auto const* resume = std::get_if<ResumeListening>(&command)) {
    if (!paused) return {};
    entry.call->on_resume(std::nullopt, resume->by);
    notice(entry, "resumed");
  }
  return {};
}

void CallRegistry::notice(Entry& entry, std::string_view type) {
  std::int64_t at = 0;
  for (auto const& track : entry.call->capture().progress()) at = std::max(at, track.received);
  if (entry.source) entry.source->on_notice(type, at);
}

}  // namespace sotto::app

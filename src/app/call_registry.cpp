#include "app/call_registry.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include "app/secrets.h"
#include "base/limits.h"
#include "net/guard.h"

namespace sotto::app {

static constexpr auto kBeat = std::chrono::milliseconds(50);

CallRegistry::CallRegistry(net::Loop& loop, PathContext const& context) : loop_(loop), context_(context) {}

Result<int> CallRegistry::adopt() {
  auto stored = context_.store.adopt_live_calls();
  if (!stored) return std::unexpected(stored.error());
  for (auto const& call : *stored) calls_[call.info.id].path = std::make_unique<CallPath>(context_, call);
  return static_cast<int>(stored->size());
}

void CallRegistry::run() { loop_.spawn("beat of the calls", beat()); }

net::asio::awaitable<void> CallRegistry::beat() {
  net::asio::steady_timer timer(loop_.context());
  boost::system::error_code stopped;
  while (!stopped) {
    timer.expires_after(kBeat);
    co_await timer.async_wait(net::asio::redirect_error(net::asio::use_awaitable, stopped));
    tick();
  }
}

void CallRegistry::tick() {
  auto const now = context_.clock.now();
  for (auto* link : std::vector<SourceLink*>(watched_.begin(), watched_.end())) {
    if (watched_.contains(link)) link->on_tick(now);  // one may leave while another is told
  }
  for (auto at = calls_.begin(); at != calls_.end();) {
    auto& entry = at->second;
    entry.path->tick();
    log_store(entry);
    if (!entry.path->finished()) {
      ++at;
      continue;
    }
    entry.path->feed().close();
    if (entry.source) entry.source->on_ended(*entry.path->end_reason());
    at = calls_.erase(at);
  }
}

void CallRegistry::log_store(Entry& entry) {
  bool const unsaved = !entry.path->health().saved;
  if (unsaved == entry.told_unsaved) return;
  entry.told_unsaved = unsaved;
  auto const& call = entry.path->info().id;
  if (unsaved) spdlog::error("call {}: not saved, events wait in memory: {}", call, entry.path->store_trouble());
  else spdlog::info("call {}: saved again", call);
}

Result<CallRegistry::Started> CallRegistry::start(ingest::Start start, SourceLink& source) {
  auto const live = calls_.find(start.call.id);
  if (live != calls_.end()) return resume_call(live->second, start, source);
  auto const known = context_.store.exists(start.call.id);
  if (known && *known) {
    return start.resume.empty() ? fail("call_exists", "call id " + start.call.id + " was used before; take a new one")
                                : fail("call_ended", "call " + start.call.id + " has ended");
  }
  if (!start.resume.empty()) return fail("no_such_call", "there is no call " + start.call.id + " to resume");
  if (calls_.size() >= limits::calls_max) return fail("too_many_calls", "the server carries as many calls as it may");
  start.call.started = context_.clock.now();
  auto token = random_hex(16);
  auto& entry = calls_[start.call.id];
  entry.path = std::make_unique<CallPath>(context_, std::move(start.call), digest(token));
  entry.source = &source;
  context_.metrics.count(Counter::calls_started);
  return Started{entry.path.get(), std::move(token)};
}

Result<CallRegistry::Started> CallRegistry::resume_call(Entry& entry, ingest::Start const& start, SourceLink& source) {
  auto const& info = entry.path->info();
  if (start.resume.empty())
    return fail("call_exists", "call " + info.id + " is live; its source resumes with its token");
  if (!net::equal_constant_time(digest(start.resume), entry.path->resume_digest())) {
    return fail("wrong_token", "the resume token is not the one of call " + info.id);
  }
  bool const same = start.call.tracks == info.tracks && start.call.mono == info.mono &&
                    start.call.format.coding == info.format.coding && start.call.format.rate == info.format.rate &&
                    start.call.tenant == info.tenant;
  if (!same) return fail("bad_field", "a call is resumed with the tenant, tracks, coding and rate it was started with");
  if (entry.path->ending()) return fail("call_ended", "call " + info.id + " has ended");
  if (entry.source) std::exchange(entry.source, nullptr)->on_replaced();
  entry.source = &source;
  entry.path->on_source(true);
  return Started{entry.path.get(), start.resume};
}

void CallRegistry::detach(std::string const& call, SourceLink& source) {
  auto const entry = calls_.find(call);
  if (entry == calls_.end() || entry->second.source != &source) return;
  entry->second.source = nullptr;
  entry->second.path->on_source(false);
}

CallPath* CallRegistry::find(std::string const& call) {
  auto const entry = calls_.find(call);
  return entry == calls_.end() ? nullptr : entry->second.path.get();
}

static std::unexpected<Error> not_live(std::string const& call) {
  return fail("not_live", "call " + call + " is not live");
}

Result<void> CallRegistry::pause(std::string const& call) {
  auto const entry = calls_.find(call);
  if (entry == calls_.end() || entry->second.path->ending()) return not_live(call);
  if (entry->second.path->paused()) return {};
  entry->second.path->on_pause(std::nullopt, "api");
  std::int64_t at = 0;
  for (auto const& track : entry->second.path->progress()) at = std::max(at, track.received);
  if (entry->second.source) entry->second.source->on_notice("paused", at);
  return {};
}

Result<void> CallRegistry::resume(std::string const& call) {
  auto const entry = calls_.find(call);
  if (entry == calls_.end() || entry->second.path->ending()) return not_live(call);
  if (!entry->second.path->paused()) return {};
  entry->second.path->on_resume(std::nullopt, "api");
  std::int64_t at = 0;
  for (auto const& track : entry->second.path->progress()) at = std::max(at, track.received);
  if (entry->second.source) entry->second.source->on_notice("resumed", at);
  return {};
}

Result<void> CallRegistry::stop(std::string const& call) {
  auto* const path = find(call);
  if (!path) return not_live(call);
  path->on_end(EndReason::stopped);
  return {};
}

Result<std::string> CallRegistry::issue_ticket(std::string const& call) {
  if (!find(call)) return not_live(call);
  auto const now = context_.clock.now();
  std::erase_if(tickets_, [&](Ticket const& ticket) { return ticket.expires < now; });
  if (tickets_.size() >= limits::tickets_max) tickets_.pop_front();
  auto ticket = random_hex(24);
  tickets_.push_back({digest(ticket), call, now + limits::ticket_lifetime});
  return ticket;
}

Result<std::string> CallRegistry::redeem_ticket(std::string const& ticket) {
  auto const wanted = digest(ticket);
  auto const found = std::ranges::find(tickets_, wanted, &Ticket::digest);
  if (found == tickets_.end())
    return fail("bad_ticket", "the ticket is unknown, used or expired; ask POST /v1/tickets for a new one");
  auto const redeemed = *found;
  tickets_.erase(found);
  if (redeemed.expires < context_.clock.now()) return fail("bad_ticket", "the ticket has expired");
  return redeemed.call;
}

}  // namespace sotto::app

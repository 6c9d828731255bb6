#include "orchestrator/guide_worker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"

namespace sotto::orchestrator {

// Parts a claim asks for at once.
static constexpr std::size_t kClaimedAtOnce = 64;

GuideWorker::GuideWorker(GuideParts const& parts, std::string worker) : parts_(parts), worker_(std::move(worker)) {
  new_calls_ = parts_.bus.take_new([this](Notice const& notice) { begin(notice); });
}

GuideWorker::~GuideWorker() { *alive_ = false; }

GuidedCall const* GuideWorker::find(std::string const& call) const {
  auto const found = calls_.find(call);
  return found == calls_.end() ? nullptr : found->second.call.get();
}

// A call is guided as soon as it begins, also while the log is down and nobody can own it yet.
void GuideWorker::begin(Notice const& notice) {
  auto const* event = std::get_if<Event>(&notice);
  auto const* started = event ? event->as<CallStarted>() : nullptr;
  if (!started || calls_.contains(event->call)) return;
  guide(event->call, std::make_unique<GuidedCall>(parts_, started->info));
  on(notice);
}

void GuideWorker::guide(std::string const& id, std::unique_ptr<GuidedCall> call) {
  auto& guided = calls_[id];
  guided.call = std::move(call);
  guided.news = parts_.bus.follow({.call = id}, [this](Notice const& notice) { on(notice); });
}

void GuideWorker::on(Notice const& notice) {
  auto const& id = std::visit([](auto const& one) -> std::string const& { return one.call; }, notice);
  auto const found = calls_.find(id);
  if (found == calls_.end()) return;
  auto& guided = found->second;
  if (std::holds_alternative<Erased>(notice)) return guided.call->forget();
  auto const* event = std::get_if<Event>(&notice);
  if (event && event->number == 1 && !guided.stored_at) {
    guided.stored_at = parts_.clock.now();
    if (guided.call->lease().fence == 0) claim();  // what was told while the log was down is in it now
  }
  // A claim that is answered at once may have put another in its place.
  if (auto const call = calls_.find(id); call != calls_.end()) call->second.call->on(notice);
}

void GuideWorker::claim() {
  if (std::exchange(claiming_, true)) {
    claim_again_ = true;
    return;
  }
  claim_again_ = false;
  claimed_at_ = parts_.clock.now();
  parts_.log.claim(Part::guidance, worker_, kClaimedAtOnce,
                   [this, alive = alive_](Result<std::vector<Claimed>> claimed) {
                     if (!*alive) return;
                     claiming_ = false;
                     if (!claimed) return;  // asked again by tick()
                     bool const more = !leaving_ && (claim_again_ || claimed->size() == kClaimedAtOnce);
                     for (auto& one : *claimed) take(std::move(one));
                     if (more) claim();
                   });
}

void GuideWorker::take(Claimed claimed) {
  auto const found = calls_.find(claimed.lease.call);
  // What is known of it here is what the log knows only where nobody owned it in between: else it would all be said
  // once more.
  if (found != calls_.end()) {
    if (claimed.lease.fence == found->second.call->lease().fence + 1) return found->second.call->use(claimed);
    calls_.erase(found);
  }
  auto memory = from_snapshot(claimed.snapshot);  // none yet, or of another version: the events say what they can
  read_past(std::move(claimed), std::make_shared<GuideMemory>(memory ? std::move(*memory) : GuideMemory()), {});
}

// What is known beyond the snapshot is in the events after it: what the guidance told, and words that have had their
// effect. The others are judged by the new owner.
void GuideWorker::read_past(Claimed claimed, std::shared_ptr<GuideMemory> memory, std::vector<Event> past) {
  if (leaving_) return parts_.log.release(claimed.lease);
  auto const call = claimed.lease.call;
  auto const after = past.empty() ? memory->number : past.back().number;
  if (after >= claimed.last_number) {
    std::erase_if(past, [&](Event const& event) { return event.number > claimed.consumed && words_of(event); });
    guide(call, std::make_unique<GuidedCall>(parts_, claimed, std::move(*memory), past));
    return;
  }
  auto const most = std::min(LogTail::kPage, static_cast<std::size_t>(claimed.last_number - after));
  parts_.log.read(call, after, most,
                  [this, alive = alive_, claimed = std::move(claimed), memory,
                   past = std::move(past)](Result<std::vector<Event>> events) mutable {
                    if (!*alive) return;
                    if (!events || events->empty())
                      return parts_.warn(fmt::format("call {}: its guidance cannot go on: {}", claimed.lease.call,
                                                     events ? "its events are missing" : events.error().message));
                    std::ranges::move(*events, std::back_inserter(past));
                    read_past(std::move(claimed), memory, std::move(past));
                  });
}

void GuideWorker::renew(Time now) {
  renewed_at_ = now;
  std::vector<Lease> leases;
  for (auto const& [id, guided] : calls_) {
    if (guided.call->lease().fence > 0) leases.push_back(guided.call->lease());
  }
  if (leases.empty()) return;
  parts_.log.renew(std::move(leases), [](Result<std::vector<Lease>> const&) {});  // an owner that lost one is fenced
}

void GuideWorker::let_go_of_all() {
  leaving_ = true;
  new_calls_.reset();
  for (auto const& [id, guided] : std::exchange(calls_, {})) {
    if (guided.call->lease().fence > 0) parts_.log.release(guided.call->lease());
  }
}

void GuideWorker::tick() {
  if (leaving_) return;
  auto const now = parts_.clock.now();
  for (auto at = calls_.begin(); at != calls_.end();) {
    auto& call = *at->second.call;
    call.tick();
    // Another process was quicker to own it.
    bool const others = call.lease().fence == 0 && at->second.stored_at && now - *at->second.stored_at > limits::kLease;
    if (call.finished() || call.fenced() || others) at = calls_.erase(at);
    else ++at;
  }
  if (now - renewed_at_ >= limits::kLease / 3) renew(now);
  if (now - claimed_at_ >= limits::kLease / 2) claim();
}

}  // namespace sotto::orchestrator

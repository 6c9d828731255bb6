#include "orchestrator/guide_worker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"

namespace sotto::orchestrator {

// Parts a claim asks for at once.
static constexpr std::size_t kClaimedAtOnce = 64;

GuideWorker::GuideWorker(GuideParts const& parts, std::string worker) : parts_(parts), worker_(std::move(worker)) {
  news_ = parts_.bus.follow({}, [this](Notice const& notice) { on(notice); });
}

GuideWorker::~GuideWorker() { *alive_ = false; }

GuidedCall const* GuideWorker::find(std::string const& call) const {
  auto const found = calls_.find(call);
  return found == calls_.end() ? nullptr : found->second.get();
}

void GuideWorker::on(Notice const& notice) {
  auto const& call = std::visit([](auto const& one) -> std::string const& { return one.call; }, notice);
  auto found = calls_.find(call);
  if (std::holds_alternative<Erased>(notice)) {
    if (found != calls_.end()) found->second->forget();
    return;
  }
  if (found == calls_.end()) {
    auto const* event = std::get_if<Event>(&notice);
    auto const* started = event ? event->as<CallStarted>() : nullptr;
    if (!started) return;
    found = calls_.emplace(call, std::make_unique<GuidedCall>(parts_, started->info)).first;
    if (event->number > 0) claim();
  } else if (found->second->lease().fence == 0) {
    auto const* event = std::get_if<Event>(&notice);
    if (event && event->number == 1) claim();  // what was told while the log was down is in it now
  }
  found->second->on(notice);
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
                     bool const more = claim_again_ || claimed->size() == kClaimedAtOnce;
                     for (auto& one : *claimed) take(std::move(one));
                     if (more) claim();
                   });
}

void GuideWorker::take(Claimed claimed) {
  auto const found = calls_.find(claimed.lease.call);
  if (found != calls_.end()) return found->second->use(claimed);
  auto memory = from_snapshot(claimed.snapshot);  // none yet, or of another version: the events say what they can
  read_past(std::move(claimed), std::make_shared<GuideMemory>(memory ? std::move(*memory) : GuideMemory()), {});
}

// What is known beyond the snapshot is in the events after it: what the guidance told, and words that have had their
// effect. The others are judged by the new owner.
void GuideWorker::read_past(Claimed claimed, std::shared_ptr<GuideMemory> memory, std::vector<Event> past) {
  auto const call = claimed.lease.call;
  auto const after = past.empty() ? memory->number : past.back().number;
  if (after >= claimed.last_number) {
    std::erase_if(past, [&](Event const& event) { return event.number > claimed.consumed && words_of(event); });
    calls_[call] = std::make_unique<GuidedCall>(parts_, claimed, std::move(*memory), past);
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
  for (auto const& [id, call] : calls_) {
    if (call->lease().fence > 0) leases.push_back(call->lease());
  }
  if (leases.empty()) return;
  parts_.log.renew(std::move(leases), [](Result<std::vector<Lease>> const&) {});  // an owner that lost one is fenced
}

void GuideWorker::tick() {
  auto const now = parts_.clock.now();
  for (auto at = calls_.begin(); at != calls_.end();) {
    auto& call = *at->second;
    call.tick();
    if (call.finished() || call.fenced()) at = calls_.erase(at);
    else ++at;
  }
  if (now - renewed_at_ >= limits::kLease / 3) renew(now);
  if (now - claimed_at_ >= limits::kLease / 2) claim();
}

}  // namespace sotto::orchestrator

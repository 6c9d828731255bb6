#include "aftercall/late_masks.h"

#include <algorithm>
#include <utility>

namespace sotto::aftercall {

namespace {

constexpr Duration kAgain = std::chrono::milliseconds(500), kAgainMost = std::chrono::seconds(4);
constexpr auto kGiveUp = std::chrono::minutes(30);

std::string said(Utterance const& utterance) {
  std::string out;
  for (auto const& word : utterance.words) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

}  // namespace

void LateMasks::ask(std::string call, std::string tenant, Track track, std::int64_t to, std::vector<std::string> runs,
                    Time now) {
  asked_.push_back(std::make_shared<Asked>(Asked{.call = std::move(call),
                                                 .tenant = std::move(tenant),
                                                 .track = track,
                                                 .to = to,
                                                 .runs = std::move(runs),
                                                 .due = now,
                                                 .until = now + kGiveUp,
                                                 .wait = kAgain}));
  look(asked_.back(), now);
}

void LateMasks::tick(Time now) {
  take_back_.tick(now);
  std::erase_if(asked_, [](auto const& asked) { return asked->done; });
  for (auto const& asked : asked_) {
    if (!asked->busy && now >= asked->due) look(asked, now);
  }
}

void LateMasks::look(std::shared_ptr<Asked> const& asked, Time now) {
  asked->busy = true;
  index_.load(asked->call, [this, asked, now, alive = alive_](Result<CallRecord> record) {
    if (!*alive) return;
    if (!record) return again(*asked, now);
    for (auto const& event : record->events) {
      auto const* final = event.as<UtteranceFinal>();
      if (!final) continue;
      auto const& utterance = *words_of(event);
      if (utterance.track != asked->track || utterance.to != asked->to) continue;
      auto const text = said(utterance);
      std::erase_if(asked->runs, [&](std::string const& run) { return !text.contains(run); });
      if (asked->runs.empty()) return void(asked->done = true);  // somebody took them back already
      return hide(asked, event.number, false, now);
    }
    again(*asked, now);  // it is on its way
  });
}

void LateMasks::hide(std::shared_ptr<Asked> const& asked, std::int64_t number, bool all, Time now) {
  Hiding hiding{.words = all ? std::vector<std::string>() : asked->runs, .ranges = {}, .label = "card"};
  take_back_.redact(asked->call, {.tenant = asked->tenant}, number, std::move(hiding), now,
                    [this, asked, number, all, now, alive = alive_](Result<std::vector<std::int64_t>> const& changed) {
                      if (!*alive) return;
                      if (changed) return void(asked->done = true);
                      // Its text says them otherwise than its words: then all of it goes.
                      if (changed.error().code == "no_such_words" && !all) return hide(asked, number, true, now);
                      again(*asked, now);
                    });
}

void LateMasks::again(Asked& asked, Time now) {
  asked.busy = false;
  asked.due = now + asked.wait;
  asked.wait = std::min(2 * asked.wait, kAgainMost);
  if (now < asked.until) return;
  asked.done = true;
  failed_(asked.call);
}

}  // namespace sotto::aftercall

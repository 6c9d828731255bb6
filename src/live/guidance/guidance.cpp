#include "live/guidance/guidance.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "call/redaction.h"

namespace sotto::guidance {

namespace {

// From here on a cue says "Strong match"; below, "Likely". Words matched as such are strong.
constexpr double kStrong = 0.68;
// The agent's words are like what a cue asked for.
constexpr double kSaid = 0.54;

// What a firing is known by. Elapsed time comes once a call, after a restart too; a silence each time anew.
std::string evidence_of(Match const& match) {
  auto const& because = match.because;
  if (!because.utterance.empty()) return because.utterance;
  return because.trigger == "elapsed" ? because.trigger : fmt::format("{}@{}", because.trigger, match.call_ms);
}

Duration ms(std::int64_t value) { return Duration(value * 1000); }

}  // namespace

std::string cue_id(std::string_view policy_version, std::string_view utterance, std::string_view rule) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (auto const part : {policy_version, utterance, rule}) {
    for (char const c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0x1f) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

double said_like_probability(double cosine) { return 1 / (1 + std::exp(-kSaidLikeSlope * (cosine - kSaidLikeMiddle))); }

Guidance::Guidance(std::string call, GuidanceOptions options) : call_(std::move(call)), options_(options) {}

void Guidance::restore(std::span<Event const> events, PolicySet const& policies) {
  for (auto const& event : events) {
    if (auto const* cue = event.as<Cue>()) restore_cue(*cue, event.time, policies);
    else if (auto const* closed = event.as<CueClosed>()) restore_closed(*closed);
    else if (auto const* alert = event.as<AlertRaised>()) restore_firing(alert->id, *firing_of(event));
    else if (auto const* request = event.as<WebhookRequested>()) restore_firing(request->cue, *firing_of(event));
    else if (auto const* tagged = event.as<Tagged>()) memory_.tags.insert(tagged->tag);
    else if (auto const* tick = event.as<Tick>()) restore_tick(*tick);
    else if (auto const* untick = event.as<Untick>()) restore_untick(*untick);
  }
}

// Once a firing, whatever it brought.
void Guidance::restore_firing(std::string const& id, Firing const& firing) {
  if (!memory_.known.insert(id).second) return;
  auto& fired = memory_.fired[firing.policy];
  ++fired.times;
  fired.last_ms = firing.because.end_ms;
}

// The event does not say which words the cue waits for: its rule does, where it is still in force.
void Guidance::restore_cue(Cue const& cue, Time shown, PolicySet const& policies) {
  auto& fired = memory_.fired[cue.policy];
  if (memory_.known.insert(cue.id).second) ++fired.times;  // else its alert or its webhook was counted
  fired.last_ms = cue.because.end_ms;
  auto const rule = std::ranges::find(policies.rules, cue.policy, &Rule::id);
  auto measure = rule != policies.rules.end() ? rule->measure.value_or(Measure{}) : Measure{};
  auto const until = shown + ms(measure.within_ms);
  auto& lane = cue.lane == Lane::compliance ? memory_.compliance : memory_.active;
  lane.push_back({.cue = cue, .since = shown, .measure = std::move(measure), .measure_until = until, .drawn = true});
  if (&lane == &memory_.active) memory_.last_shown = shown;
}

// Of a duty that a tick had settled, the tick is remembered by: taken back, it is due again.
void Guidance::restore_closed(CueClosed const& closed) {
  memory_.known.insert(closed.id);
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    auto const shown = std::ranges::find_if(*lane, [&](Shown const& s) { return s.cue.id == closed.id; });
    if (shown == lane->end()) continue;
    auto const ticked = memory_.ticked.find(shown->cue.item);
    if (ticked != memory_.ticked.end() && closed.reason == "said") ticked->second.settled.push_back(std::move(*shown));
    lane->erase(shown);
  }
}

void Guidance::restore_tick(Tick const& tick) {
  memory_.ticked[tick.item] = {.utterance = tick.because ? tick.because->utterance : "",
                               .end_ms = tick.because ? tick.because->end_ms : 0,
                               .settled = {},
                               .by_hand = tick.by_hand()};
}

void Guidance::restore_untick(Untick const& untick) {
  auto const ticked = memory_.ticked.find(untick.item);
  if (untick.by_hand() && ticked != memory_.ticked.end()) memory_.refuted[untick.item] = ticked->second.end_ms;
  memory_.ticked.erase(untick.item);
}

bool Guidance::may_fire(Match const& match, std::string const& id) {
  auto const& limits = match.rule->limits;
  if (memory_.known.contains(id)) return ++counters_.repeated, false;
  auto& fired = memory_.fired[match.rule->id];
  if (fired.times >= limits.per_call) return ++counters_.over_limit, false;
  if (fired.times > 0 && match.call_ms - fired.last_ms < limits.cool_down_ms) return ++counters_.cooled_down, false;
  memory_.known.insert(id);
  ++fired.times;
  fired.last_ms = match.call_ms;
  return true;
}

Cue Guidance::make_cue(Match const& match, std::string const& id, Time spoken) const {
  auto const& rule = *match.rule;
  Cue cue{.id = id,
          .call = call_,
          .utterance = match.because.utterance,
          .policy = rule.id,
          .policy_version = match.policy_version,
          .kind = rule.cue ? rule.cue->kind : "answer",
          .match = match.because.trigger != "said_like" && !match.answer ? "strong"
                   : match.score >= kStrong                              ? "strong"
                                                                         : "likely",
          .priority = rule.limits.priority,
          .headline = match.answer ? match.answer->headline : rule.cue->headline,
          .body = match.answer ? match.answer->body : rule.cue->body,
          .item = rule.checklist ? rule.checklist->item : "",
          .because = match.because,
          .source = match.answer ? std::optional(match.answer->source) : match.source,
          .fresh_ms = rule.limits.fresh_ms,
          .shown_ms = rule.limits.shown_ms,
          .stages_ms = {},
          .spoken = spoken,
          .guided = {}};
  if (cue.kind == "must_say") cue.lane = Lane::compliance;
  if (match.answer) {
    cue.because.trigger = "knowledge";
    cue.because.score = match.answer->probability;
  } else if (match.because.trigger == "said_like") {
    cue.because.score = said_like_probability(match.because.score);
  }
  if (!match.missing.empty())
    cue.body += fmt::format("{}Missing: \"{}\".", cue.body.empty() ? "" : " ", fmt::join(match.missing, "\", \""));
  return cue;
}

std::vector<Annotation> Guidance::on_matches(std::span<Match const> matches, Time spoken, Time now) {
  std::vector<Annotation> out;
  for (auto const& match : matches) {
    on_tick_item(match, out);
    auto const& rule = *match.rule;
    bool const cue_wanted = rule.cue || match.answer;
    if (!cue_wanted && !rule.alert && rule.tags.empty() && rule.webhooks.empty()) continue;
    auto const id = cue_id(match.policy_version, evidence_of(match), rule.id);
    if (!may_fire(match, id)) continue;
    if (auto* const by = settled_by_hand(rule)) {  // as if it had been heard; taken back, it is due
      by->settled.push_back({.cue = make_cue(match, id, spoken),
                             .since = now,
                             .measure = rule.measure.value_or(Measure{}),
                             .measure_until = now});
      continue;
    }
    out.push_back(Moment{rule.id, match.policy_version, match.because});
    act(match, id, out);
    if (!cue_wanted) continue;
    auto cue = make_cue(match, id, spoken);
    offer({.cue = std::move(cue),
           .fresh_until = spoken + ms(rule.limits.fresh_ms),
           .measure = rule.measure.value_or(Measure{})},
          now, out);
  }
  promote(now, out);
  return out;
}

// What is done beside the agent's screen.
void Guidance::act(Match const& match, std::string const& id, std::vector<Annotation>& out) {
  auto const& rule = *match.rule;
  if (rule.alert)
    out.push_back(
        AlertRaised{id, rule.id, match.policy_version, rule.alert->severity, rule.alert->message, match.because});
  for (auto const& tag : rule.tags) {
    if (memory_.tags.insert(tag).second) out.push_back(Tagged{tag, rule.id, match.because});
  }
  for (auto const& webhook : rule.webhooks) {
    out.push_back(WebhookRequested{.id = cue_id(call_, id, webhook),
                                   .cue = id,
                                   .webhook = webhook,
                                   .policy = rule.id,
                                   .policy_version = match.policy_version,
                                   .tags = rule.tags,
                                   .because = match.because});
    if (rule.alert)
      std::get<WebhookRequested>(out.back()).alert = {.severity = rule.alert->severity, .message = rule.alert->message};
  }
}

// The words tick the item once; a compliance cue of a rule that waits for the same item has been obeyed.
void Guidance::on_tick_item(Match const& match, std::vector<Annotation>& out) {
  auto const& rule = *match.rule;
  bool const guards = rule.cue && rule.cue->kind == "must_say";  // names the item it waits for
  if (!rule.checklist || guards) return;
  auto const& item = rule.checklist->item;
  if (auto const refuted = memory_.refuted.find(item);
      refuted != memory_.refuted.end() && match.because.start_ms < refuted->second)
    return;
  auto const [ticked, first] =
      memory_.ticked.try_emplace(item, Ticked{.utterance = match.because.utterance, .end_ms = match.because.end_ms});
  if (!first) return;
  out.push_back(Tick{.item = item, .label = rule.checklist->label, .policy = rule.id, .because = match.because});
  settle(item, ticked->second, out);
}

void Guidance::settle(std::string const& item, Ticked& by, std::vector<Annotation>& out) {
  for (auto* lane : {&memory_.compliance, &memory_.active}) {
    for (std::size_t i = lane->size(); i-- > 0;) {
      if ((*lane)[i].cue.item != item) continue;
      by.settled.push_back((*lane)[i]);
      close(*lane, i, "said", out);
    }
  }
}

// --- by hand ---

std::vector<Annotation> Guidance::tick_by_hand(ChecklistItem const& item, std::string const& reason) {
  std::vector<Annotation> out;
  auto const [ticked, first] = memory_.ticked.try_emplace(item.item, Ticked{.utterance = "", .by_hand = true});
  if (!first) return out;
  out.push_back(Tick{.item = item.item, .label = item.label, .by = "agent", .reason = reason});
  settle(item.item, ticked->second, out);
  return out;
}

std::vector<Annotation> Guidance::untick_by_hand(std::string const& item, std::string const& reason, Time now) {
  std::vector<Annotation> out;
  auto const ticked = memory_.ticked.find(item);
  if (ticked == memory_.ticked.end()) return out;
  auto [utterance, end_ms, settled, by_hand] = std::move(ticked->second);
  memory_.ticked.erase(ticked);
  memory_.refuted[item] = end_ms;
  out.push_back(Untick{.item = item, .by = "agent", .reason = reason});
  show_again(std::move(settled), "agent", now, out);
  return out;
}

Ticked* Guidance::settled_by_hand(Rule const& rule) {
  if (!rule.cue || rule.cue->kind != "must_say" || !rule.checklist) return nullptr;
  auto const ticked = memory_.ticked.find(rule.checklist->item);
  return ticked != memory_.ticked.end() && ticked->second.by_hand ? &ticked->second : nullptr;
}

// Each time under an id of its own: a cue is shown once.
void Guidance::show_again(std::vector<Shown> settled, std::string const& cause, Time now,
                          std::vector<Annotation>& out) {
  for (auto& duty : settled) {
    if (duty.cue.lane != Lane::compliance) continue;
    duty.cue.id = cue_id(duty.cue.policy_version, duty.cue.id, cause);
    duty.cue.spoken = now;
    memory_.known.insert(duty.cue.id);
    show({std::move(duty.cue), now, std::move(duty.measure)}, now, out);
  }
}

// --- corrected words ---

std::vector<Annotation> Guidance::on_corrected(std::string const& utterance, std::span<Match const> matches,
                                               Time spoken, Time now) {
  std::vector<Annotation> out;
  withdraw_cues(utterance, matches, out);
  withdraw_ticks(utterance, matches, now, out);
  std::ranges::move(on_matches(matches, spoken, now), std::back_inserter(out));
  return out;
}

void Guidance::withdraw_cues(std::string const& utterance, std::span<Match const> matches,
                             std::vector<Annotation>& out) {
  auto const wrong = [&](Cue const& cue) {
    return cue.because.utterance == utterance &&
           std::ranges::none_of(matches, [&](Match const& match) { return match.rule->id == cue.policy; });
  };
  auto const withdraw = [&](Cue const& cue) {
    ++counters_.withdrawn;
    if (auto& fired = memory_.fired[cue.policy]; fired.times > 0) --fired.times;
    out.push_back(CueClosed{cue.id, "withdrawn"});
  };
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    for (auto const& shown : *lane) {
      if (wrong(shown.cue)) withdraw(shown.cue);
    }
    auto const left = std::erase_if(*lane, [&](Shown const& shown) { return wrong(shown.cue); });
    if (left > 0 && lane == &memory_.active)
      memory_.last_shown.reset();  // what the right words bring may take the place
  }
  for (auto const& waiting : memory_.waiting) {
    if (wrong(waiting.cue)) withdraw(waiting.cue);
  }
  std::erase_if(memory_.waiting, [&](Waiting const& waiting) { return wrong(waiting.cue); });
}

void Guidance::withdraw_ticks(std::string const& utterance, std::span<Match const> matches, Time now,
                              std::vector<Annotation>& out) {
  for (auto at = memory_.ticked.begin(); at != memory_.ticked.end();) {
    auto const still_said = [&](Match const& match) {
      return match.rule->checklist && match.rule->checklist->item == at->first;
    };
    if (at->second.utterance != utterance || std::ranges::any_of(matches, still_said)) {
      ++at;
      continue;
    }
    out.push_back(Untick{.item = at->first, .utterance = utterance, .reason = "corrected"});
    show_again(std::move(at->second.settled), utterance, now, out);
    at = memory_.ticked.erase(at);
  }
}

void Guidance::offer(Waiting waiting, Time now, std::vector<Annotation>& out) {
  if (now > waiting.fresh_until) {
    ++counters_.late;
    out.push_back(CueClosed{waiting.cue.id, "late"});
    return;
  }
  if (waiting.cue.lane == Lane::compliance || !options_.budget) return show(std::move(waiting), now, out);
  // Of cues of one priority those that came first; of the same words the surest.
  auto const& cue = waiting.cue;
  auto const at = std::ranges::find_if(memory_.waiting, [&](Waiting const& other) {
    bool const same_words = other.cue.because.utterance == cue.because.utterance;
    return other.cue.priority < cue.priority ||
           (other.cue.priority == cue.priority && same_words && other.cue.because.score < cue.because.score);
  });
  memory_.waiting.insert(at, std::move(waiting));
}

void Guidance::show(Waiting waiting, Time now, std::vector<Annotation>& out) {
  ++counters_.shown;
  waiting.cue.guided = now;
  auto& lane = waiting.cue.lane == Lane::compliance ? memory_.compliance : memory_.active;
  if (waiting.cue.lane == Lane::cue) memory_.last_shown = now;
  out.push_back(waiting.cue);
  auto const until = now + ms(waiting.measure.within_ms);
  lane.push_back({std::move(waiting.cue), now, std::move(waiting.measure), until, false});
}

// The best of those that wait takes the slot when the budget allows; what is no longer fresh is dropped and counted.
void Guidance::promote(Time now, std::vector<Annotation>& out) {
  std::erase_if(memory_.waiting, [&](Waiting const& waiting) {
    if (now <= waiting.fresh_until) return false;
    ++counters_.late;
    out.push_back(CueClosed{waiting.cue.id, "late"});
    return true;
  });
  if (memory_.waiting.empty()) return;
  if (memory_.last_shown && now - *memory_.last_shown < options_.between_cues) return;
  if (!memory_.active.empty()) {
    bool const replaceable = now - memory_.active.front().since >= options_.replace_after;
    if (!replaceable || memory_.waiting.front().cue.priority < memory_.active.front().cue.priority) return;
    close(memory_.active, 0, "replaced", out);
  }
  auto first = std::move(memory_.waiting.front());
  memory_.waiting.erase(memory_.waiting.begin());
  show(std::move(first), now, out);
}

std::vector<Annotation> Guidance::on_agent_words(std::function<double(std::string const&)> const& nearness, Time now) {
  std::vector<Annotation> out;
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    for (std::size_t i = lane->size(); i-- > 0;) {
      auto const& shown = (*lane)[i];
      if (now > shown.measure_until) continue;
      bool const said = std::ranges::any_of(shown.measure.agent_says_like,
                                            [&](auto const& example) { return nearness(example) >= kSaid; });
      if (said) close(*lane, i, "said", out);
    }
  }
  promote(now, out);
  return out;
}

std::vector<Annotation> Guidance::tick(Time now) {
  std::vector<Annotation> out;
  for (std::size_t i = memory_.active.size(); i-- > 0;) {
    if (now - memory_.active[i].since >= ms(memory_.active[i].cue.shown_ms)) close(memory_.active, i, "expired", out);
  }
  promote(now, out);
  return out;
}

bool Guidance::displayed(std::string const& id, Time now) {
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    for (auto& shown : *lane) {
      if (shown.cue.id != id || std::exchange(shown.drawn, true)) continue;
      shown.since = std::max(shown.since, now);  // a page that held it shows it its full time
      return true;
    }
  }
  return false;
}

Result<std::vector<Annotation>> Guidance::dismiss(std::string const& id) {
  std::vector<Annotation> out;
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    for (std::size_t i = 0; i < lane->size(); ++i) {
      if ((*lane)[i].cue.id != id) continue;
      close(*lane, i, "dismissed", out);
      return out;
    }
  }
  return fail("no_such_cue", "cue " + id.substr(0, 40) + " is not on the screen");
}

std::vector<Annotation> Guidance::end() {
  std::vector<Annotation> out;
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    while (!lane->empty()) close(*lane, 0, "call_ended", out);
  }
  for (auto const& waiting : memory_.waiting) out.push_back(CueClosed{waiting.cue.id, "call_ended"});
  memory_.waiting.clear();
  return out;
}

void Guidance::close(std::vector<Shown>& lane, std::size_t at, std::string reason, std::vector<Annotation>& out) {
  out.push_back(CueClosed{lane[at].cue.id, std::move(reason)});
  lane.erase(lane.begin() + static_cast<long>(at));
}

void Guidance::replace(Cue const& cue) {
  auto const put = [&](Cue& known) {
    if (known.id == cue.id) known = cue;
  };
  for (auto* lane : {&memory_.active, &memory_.compliance}) {
    for (auto& shown : *lane) put(shown.cue);
  }
  for (auto& waiting : memory_.waiting) put(waiting.cue);
  for (auto& [item, ticked] : memory_.ticked) {
    for (auto& shown : ticked.settled) put(shown.cue);
  }
}

void Guidance::forget(Utterance const& said) {
  auto const of_track = std::string(name(said.track)) + "-";
  for (auto& [cue, fresh_until, measure] : memory_.waiting) {
    auto& because = cue.because;
    // A quote may reach back into the utterance before.
    bool const overlaps =
        because.utterance.starts_with(of_track) && because.start_ms <= said.end_ms && because.end_ms >= said.start_ms;
    if (because.utterance == said.id() || overlaps) because.text = kRedacted;
  }
}

}  // namespace sotto::guidance

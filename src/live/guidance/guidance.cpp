#include "live/guidance/guidance.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"

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

void Guidance::restore(std::span<Event const> events) {
  for (auto const& event : events) {
    if (event.type == event_type::cue_shown) {
      auto cue = cue_from_json(event.data);
      if (!cue) continue;
      auto& fired = fired_[cue->policy];
      if (known_.insert(cue->id).second) ++fired.times;  // else its alert or its webhook was counted
      fired.last_ms = cue->because.end_ms;
      auto& lane = cue->lane == Lane::compliance ? compliance_ : active_;
      lane.push_back(
          {.cue = std::move(*cue), .since = event.time, .measure = {}, .measure_until = {}, .item = "", .drawn = true});
      if (&lane == &active_) last_shown_ = event.time;
    } else if (event.type == event_type::cue_closed) {
      auto const id = get_string(event.data, "id");
      known_.insert(id);
      for (auto* lane : {&active_, &compliance_}) std::erase_if(*lane, [&](Shown const& s) { return s.cue.id == id; });
    } else if (event.type == event_type::alert_raised || event.type == event_type::webhook_requested) {
      bool const alert = event.type == event_type::alert_raised;
      if (!known_.insert(get_string(event.data, alert ? "id" : "cue")).second) continue;  // of a firing counted already
      auto const* because = get_object(event.data, "because");
      auto& fired = fired_[get_string(event.data, "policy")];
      ++fired.times;
      fired.last_ms = because ? get_int(*because, "end_ms") : 0;
    } else if (event.type == event_type::call_tagged) {
      tags_.insert(get_string(event.data, "tag"));
    } else if (event.type == event_type::checklist_ticked) {
      auto const* because = get_object(event.data, "because");
      ticked_[get_string(event.data, "item")] = {because ? get_string(*because, "utterance") : "", {}};
    } else if (event.type == event_type::checklist_unticked) {
      ticked_.erase(get_string(event.data, "item"));
    }
  }
}

bool Guidance::may_fire(Match const& match, std::string const& id) {
  auto const& limits = match.rule->limits;
  if (known_.contains(id)) return ++counters_.repeated, false;
  auto& fired = fired_[match.rule->id];
  if (fired.times >= limits.per_call) return ++counters_.over_limit, false;
  if (fired.times > 0 && match.call_ms - fired.last_ms < limits.cool_down_ms) return ++counters_.cooled_down, false;
  known_.insert(id);
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
    out.push_back(Moment{rule.id, match.policy_version, match.because});
    act(match, id, out);
    if (!cue_wanted) continue;
    auto cue = make_cue(match, id, spoken);
    offer({.cue = std::move(cue),
           .fresh_until = spoken + ms(rule.limits.fresh_ms),
           .measure = rule.measure.value_or(Measure{}),
           .item = rule.checklist ? rule.checklist->item : ""},
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
    if (tags_.insert(tag).second) out.push_back(Tagged{tag, rule.id, match.because});
  }
  for (auto const& webhook : rule.webhooks) {
    out.push_back(WebhookRequested{.id = cue_id(call_, id, webhook),
                                   .cue = id,
                                   .webhook = webhook,
                                   .policy = rule.id,
                                   .policy_version = match.policy_version,
                                   .tags = rule.tags,
                                   .severity = rule.alert ? rule.alert->severity : "",
                                   .message = rule.alert ? rule.alert->message : "",
                                   .because = match.because});
  }
}

// The words tick the item once; a compliance cue of a rule that waits for the same item has been obeyed.
void Guidance::on_tick_item(Match const& match, std::vector<Annotation>& out) {
  auto const& rule = *match.rule;
  bool const guards = rule.cue && rule.cue->kind == "must_say";  // names the item it waits for
  if (!rule.checklist || guards) return;
  auto const [ticked, first] = ticked_.try_emplace(rule.checklist->item, match.because.utterance);
  if (!first) return;
  out.push_back(Tick{rule.checklist->item, rule.checklist->label, rule.id, match.because});
  for (auto* lane : {&compliance_, &active_}) {
    for (std::size_t i = lane->size(); i-- > 0;) {
      if ((*lane)[i].item != rule.checklist->item) continue;
      ticked->second.settled.push_back((*lane)[i]);
      close(*lane, i, "said", out);
    }
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
    if (auto& fired = fired_[cue.policy]; fired.times > 0) --fired.times;
    out.push_back(CueClosed{cue.id, "withdrawn"});
  };
  for (auto* lane : {&active_, &compliance_}) {
    for (auto const& shown : *lane) {
      if (wrong(shown.cue)) withdraw(shown.cue);
    }
    auto const left = std::erase_if(*lane, [&](Shown const& shown) { return wrong(shown.cue); });
    if (left > 0 && lane == &active_) last_shown_.reset();  // what the right words bring may take the place
  }
  for (auto const& waiting : waiting_) {
    if (wrong(waiting.cue)) withdraw(waiting.cue);
  }
  std::erase_if(waiting_, [&](Waiting const& waiting) { return wrong(waiting.cue); });
}

void Guidance::withdraw_ticks(std::string const& utterance, std::span<Match const> matches, Time now,
                              std::vector<Annotation>& out) {
  for (auto at = ticked_.begin(); at != ticked_.end();) {
    auto const still_said = [&](Match const& match) {
      return match.rule->checklist && match.rule->checklist->item == at->first;
    };
    if (at->second.utterance != utterance || std::ranges::any_of(matches, still_said)) {
      ++at;
      continue;
    }
    out.push_back(Untick{at->first, utterance});
    for (auto& duty : at->second.settled) {
      if (duty.cue.lane != Lane::compliance) continue;
      duty.cue.id = cue_id(duty.cue.policy_version, duty.cue.id, utterance);
      duty.cue.spoken = now;
      known_.insert(duty.cue.id);
      show({std::move(duty.cue), now, std::move(duty.measure), std::move(duty.item)}, now, out);
    }
    at = ticked_.erase(at);
  }
}

void Guidance::offer(Waiting waiting, Time now, std::vector<Annotation>& out) {
  if (now > waiting.fresh_until) {
    ++counters_.late;
    out.push_back(CueClosed{waiting.cue.id, "late"});
    return;
  }
  if (waiting.cue.lane == Lane::compliance || !options_.budget) return show(std::move(waiting), now, out);
  auto const at = std::ranges::upper_bound(waiting_, waiting.cue.priority, std::greater{},
                                           [](Waiting const& w) { return w.cue.priority; });
  waiting_.insert(at, std::move(waiting));
}

void Guidance::show(Waiting waiting, Time now, std::vector<Annotation>& out) {
  ++counters_.shown;
  waiting.cue.guided = now;
  auto& lane = waiting.cue.lane == Lane::compliance ? compliance_ : active_;
  if (waiting.cue.lane == Lane::cue) last_shown_ = now;
  out.push_back(waiting.cue);
  auto const until = now + ms(waiting.measure.within_ms);
  lane.push_back({std::move(waiting.cue), now, std::move(waiting.measure), until, std::move(waiting.item), false});
}

// The best of those that wait takes the slot when the budget allows; what is no longer fresh is dropped and counted.
void Guidance::promote(Time now, std::vector<Annotation>& out) {
  std::erase_if(waiting_, [&](Waiting const& waiting) {
    if (now <= waiting.fresh_until) return false;
    ++counters_.late;
    out.push_back(CueClosed{waiting.cue.id, "late"});
    return true;
  });
  if (waiting_.empty()) return;
  if (last_shown_ && now - *last_shown_ < options_.between_cues) return;
  if (!active_.empty()) {
    bool const replaceable = now - active_.front().since >= options_.replace_after;
    if (!replaceable || waiting_.front().cue.priority < active_.front().cue.priority) return;
    close(active_, 0, "replaced", out);
  }
  auto first = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  show(std::move(first), now, out);
}

std::vector<Annotation> Guidance::on_agent_words(std::function<double(std::string const&)> const& nearness, Time now) {
  std::vector<Annotation> out;
  for (auto* lane : {&active_, &compliance_}) {
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
  for (std::size_t i = active_.size(); i-- > 0;) {
    if (now - active_[i].since >= ms(active_[i].cue.shown_ms)) close(active_, i, "expired", out);
  }
  promote(now, out);
  return out;
}

bool Guidance::displayed(std::string const& id, Time now) {
  for (auto* lane : {&active_, &compliance_}) {
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
  for (auto* lane : {&active_, &compliance_}) {
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
  for (auto* lane : {&active_, &compliance_}) {
    while (!lane->empty()) close(*lane, 0, "call_ended", out);
  }
  for (auto const& waiting : waiting_) out.push_back(CueClosed{waiting.cue.id, "call_ended"});
  waiting_.clear();
  return out;
}

void Guidance::close(std::vector<Shown>& lane, std::size_t at, std::string reason, std::vector<Annotation>& out) {
  out.push_back(CueClosed{lane[at].cue.id, std::move(reason)});
  lane.erase(lane.begin() + static_cast<long>(at));
}

}  // namespace sotto::guidance

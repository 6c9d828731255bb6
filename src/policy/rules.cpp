#include "policy/rules.h"

#include <algorithm>
#include <iterator>

#include "base/json.h"

namespace sotto {

std::vector<ChecklistItem> PolicySet::checklist() const {
  std::vector<ChecklistItem> items;
  for (auto const& rule : rules) {
    if (rule.checklist && std::ranges::find(items, rule.checklist->item, &ChecklistItem::item) == items.end()) {
      items.push_back(*rule.checklist);
    }
  }
  return items;
}

bool is_webhook_name(std::string_view name) {
  constexpr std::size_t kMost = 40;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

static bool is_for(std::vector<std::string> const& whom, std::string const& who) {
  return whom.empty() || std::ranges::find(whom, who) != whom.end();
}

static bool in_time(Schedule const& schedule, Time started) {
  auto const local = started + std::chrono::minutes(schedule.utc_offset);
  auto const day = std::chrono::floor<std::chrono::days>(local);
  if ((schedule.from && day < *schedule.from) || (schedule.until && day > *schedule.until)) return false;
  if (!schedule.days.empty() && !schedule.days.contains(std::chrono::weekday(day).iso_encoding())) return false;
  auto const minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  return minute >= schedule.begins && minute < schedule.ends;
}

CallFacts facts(CallInfo const& call) {
  return {.team = call.team,
          .agent = call.agent,
          .jurisdiction = get_string(call.metadata, "jurisdiction"),
          .started = call.started};
}

bool in_force(Rule const& rule, CallFacts const& call) {
  auto const& audience = rule.audience;
  return is_for(audience.teams, call.team) && is_for(audience.agents, call.agent) &&
         is_for(audience.jurisdictions, call.jurisdiction) && in_time(rule.schedule, call.started);
}

std::shared_ptr<PolicySet const> for_call(std::shared_ptr<PolicySet const> policies, CallFacts const& call) {
  auto const is_for_it = [&](Rule const& rule) { return in_force(rule, call); };
  if (std::ranges::all_of(policies->rules, is_for_it)) return policies;
  PolicySet narrowed{.version = policies->version, .rules = {}, .meanings = policies->meanings};
  std::ranges::copy_if(policies->rules, std::back_inserter(narrowed.rules), is_for_it);
  return std::make_shared<PolicySet const>(std::move(narrowed));
}

}  // namespace sotto

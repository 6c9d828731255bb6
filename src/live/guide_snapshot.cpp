#include "live/guide_snapshot.h"

#include <tuple>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto {

using orchestrator::FlowState;
using orchestrator::RuleState;

template <>
struct Fields<RuleState> {
  static constexpr auto list =
      std::tuple(field("unless_ms", &RuleState::unless_ms), field("unless_last_ms", &RuleState::unless_last_ms),
                 field("waiting_ms", &RuleState::waiting_ms), field("told_ms", &RuleState::told_ms),
                 field("fired", &RuleState::fired), field("parts", &RuleState::parts, {.left_out = true}));
};
template <>
struct Fields<FlowState> {
  static constexpr auto list = std::tuple(field("begun_by", &FlowState::begun_by),
                                          field("told_by", &FlowState::told_by), field("done", &FlowState::done),
                                          field("called_for", &FlowState::called_for), field("told", &FlowState::told));
};
template <>
struct Fields<orchestrator::Memory> {
  using M = orchestrator::Memory;
  static constexpr auto list = std::tuple(field("spoken_ms", &M::spoken_ms), field("mood", &M::sentiment_trend),
                                          field("best_mood", &M::best_sentiment_trend), field("last", &M::last),
                                          field("rules", &M::rules), field("flows", &M::flows));
};
template <>
struct Fields<Measure> {
  static constexpr auto list =
      std::tuple(field("agent_says_like", &Measure::agent_says_like), field("within_ms", &Measure::within_ms));
};
template <>
struct Fields<guidance::Shown> {
  using S = guidance::Shown;
  static constexpr auto list =
      std::tuple(field("cue", &S::cue), field("since", &S::since), field("measure", &S::measure),
                 field("measure_until", &S::measure_until), field("drawn", &S::drawn));
};
template <>
struct Fields<guidance::Waiting> {
  using W = guidance::Waiting;
  static constexpr auto list =
      std::tuple(field("cue", &W::cue), field("fresh_until", &W::fresh_until), field("measure", &W::measure));
};
template <>
struct Fields<guidance::Ticked> {
  using T = guidance::Ticked;
  static constexpr auto list = std::tuple(field("utterance", &T::utterance), field("end_ms", &T::end_ms),
                                          field("settled", &T::settled), field("by_hand", &T::by_hand));
};
template <>
struct Fields<guidance::Fired> {
  using F = guidance::Fired;
  static constexpr auto list = std::tuple(field("times", &F::times), field("last_ms", &F::last_ms));
};
template <>
struct Fields<guidance::Memory> {
  using M = guidance::Memory;
  static constexpr auto list =
      std::tuple(field("active", &M::active), field("compliance", &M::compliance), field("waiting", &M::waiting),
                 field("known", &M::known), field("ticked", &M::ticked), field("refuted", &M::refuted),
                 field("tags", &M::tags), field("fired", &M::fired), field("last_shown", &M::last_shown));
};
template <>
struct Fields<GuideMemory> {
  static constexpr auto list = std::tuple(field("number", &GuideMemory::number, {.identity = true}),
                                          field("orchestrator", &GuideMemory::orchestrator, {.identity = true}),
                                          field("guidance", &GuideMemory::guidance, {.identity = true}),
                                          field("checklist", &GuideMemory::checklist));
};

std::string to_snapshot(GuideMemory const& memory) { return boost::json::serialize(to_json(memory)); }

Result<GuideMemory> from_snapshot(std::string_view text) {
  auto const object = parse_object(text);
  if (!object) return fail("bad_snapshot", object.error().message);
  auto memory = from_json<GuideMemory>(*object);
  if (!memory) return fail("bad_snapshot", memory.error().message);
  return memory;
}

}  // namespace sotto

#include "golden/golden_report.h"

#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "live/guidance/guidance.h"

namespace sotto::golden {

namespace json = boost::json;

namespace {

std::string quoted(json::object const& data, std::string_view key) { return "\"" + get_string(data, key) + "\""; }

std::string range(json::object const& data) {
  return fmt::format("{}-{}", get_int(data, "start_ms"), get_int(data, "end_ms"));
}

// Only what is not as it should be.
std::string words_of_health(json::object const& data) {
  std::string out;
  auto const say = [&](std::string const& word) { out += (out.empty() ? "" : ", ") + word; };
  if (auto const captions = get_string(data, "captions"); captions == "delayed")
    say(fmt::format("captions delayed by {}", get_int(data, "lag_ms")));
  else if (captions != "live") say("captions " + captions);
  if (!get_bool(data, "saved")) say("not saved");
  if (auto const suggestions = get_string(data, "suggestions"); suggestions != "on") say("suggestions " + suggestions);
  if (auto const audio = get_string(data, "audio"); audio != "ok") say("audio " + audio);
  return out.empty() ? "all well" : out;
}

std::string words_of_coverage(json::object const& data) {
  std::string out;
  auto const* coverage = get_object(data, "coverage");
  for (auto const& [track, value] : *coverage) {
    out += fmt::format("; {}", std::string_view(track));
    for (auto const key : {"final", "silence", "pause", "gap", "pending"}) {
      if (auto const ms = get_int(value.get_object(), std::string(key) + "_ms"); ms > 0)
        out += fmt::format(" {} {}", key, ms);
    }
  }
  return out;
}

std::string because(json::object const& data) {
  auto const* because = get_object(data, "because");
  auto const utterance = get_string(*because, "utterance");
  if (utterance.empty()) return get_string(*because, "trigger");
  return fmt::format("{} {} {}", utterance, get_string(*because, "trigger"), quoted(*because, "text"));
}

}  // namespace

std::string Report::words_of_cue(json::object const& data) {
  cue_names_[get_string(data, "id")] = get_string(data, "policy");
  auto out =
      fmt::format("cue       {} {} because {}", get_string(data, "policy"), quoted(data, "headline"), because(data));
  std::string stages;
  for (auto const& [key, value] : *get_object(data, "stages_ms")) {
    auto const ms = value.is_number() ? value.to_number<double>() : 0;
    if (std::abs(ms) >= 0.5) stages += fmt::format(" {} {:.0f}", std::string_view(key), ms);
  }
  return out + (stages.empty() ? "" : "; ms:" + stages);
}

std::string Report::words_of(Event const& event) {
  auto const& data = event.data;
  auto const& type = event.type;
  if (type == event_type::call_started) return "started";
  if (type == event_type::call_health) return "health    " + words_of_health(data);
  if (type == event_type::call_paused)
    return fmt::format("paused    from {} by {}", get_int(data, "at_ms"), get_string(data, "by"));
  if (type == event_type::call_resumed) return fmt::format("resumed   at {}", get_int(data, "at_ms"));
  if (type == event_type::partial)
    return fmt::format("partial   {}-{} {}", get_string(data, "track"), get_int(data, "utterance"),
                       quoted(data, "text"));
  if (type == event_type::utterance_final)
    return fmt::format("final     {}-{} {} {}", get_string(data, "track"), get_int(data, "utterance"), range(data),
                       quoted(data, "text"));
  if (type == event_type::utterance_revised)
    return fmt::format("revised   {}-{} {} {} was {}", get_string(data, "track"), get_int(data, "utterance"),
                       range(data), quoted(data, "text"), quoted(data, "was"));
  if (type == event_type::coverage_gap)
    return fmt::format("gap       {} {} {}", get_string(data, "track"), range(data), get_string(data, "reason"));
  if (type == event_type::moment_raised) {
    auto const* why = get_object(data, "because");
    auto const policy = get_string(data, "policy");
    cue_names_[guidance::cue_id(get_string(data, "policy_version"), get_string(*why, "utterance"), policy)] = policy;
    return "moment    " + policy;
  }
  if (type == event_type::cue_shown) return words_of_cue(data);
  if (type == event_type::cue_closed)
    return fmt::format("closed    {} {}", cue_names_[get_string(data, "id")], get_string(data, "reason"));
  if (type == event_type::checklist_ticked)
    return fmt::format("ticked    {} because {}", get_string(data, "item"), because(data));
  if (type == event_type::checklist_unticked)
    return fmt::format("unticked  {} of {}", get_string(data, "item"), get_string(data, "utterance"));
  if (type == event_type::call_ended)
    return fmt::format("ended     {} after {}{}", get_string(data, "reason"), get_int(data, "duration_ms"),
                       words_of_coverage(data));
  return type;
}

void Report::told(Event const& event, std::int64_t ms) {
  auto words = words_of(event);
  ++counts_[words.substr(0, words.find(' '))];
  if (event.unpersisted) words += "  (unsaved)";
  if (counted_ && event.type != event_type::call_ended) return;
  lines_ += fmt::format("{:>8} {:>5}  {}\n", ms, event.is_partial() ? "" : std::to_string(event.number), words);
}

std::string Report::text() const {
  auto out = lines_;
  if (counted_) {
    for (auto const& [kind, count] : counts_) out += fmt::format("{:>8} x {}\n", count, kind);
  }
  return out + closing_;
}

std::string words_of(std::vector<LedgerRow> const& rows, std::string_view track, int rate) {
  std::string out;
  for (auto const& row : rows) {
    out += fmt::format("{}{}-{} ", out.empty() ? "" : ", ", row.from * 1000 / rate, row.to * 1000 / rate);
    if (row.coverage == Coverage::final) out += fmt::format("{}-{}", track, row.utterance);
    else out += row.coverage == Coverage::gap ? row.reason : std::string(name(row.coverage));
  }
  return out;
}

}  // namespace sotto::golden

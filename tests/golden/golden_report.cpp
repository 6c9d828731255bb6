#include "golden/golden_report.h"

#include <cmath>

#include <fmt/format.h>

#include "call/event_codec.h"
#include "live/guidance/guidance.h"

namespace sotto::golden {

namespace {

std::string quoted(std::string const& text) { return "\"" + text + "\""; }

template <class Interval>
std::string range(Interval const& interval) {
  return fmt::format("{}-{}", interval.start_ms, interval.end_ms);
}

// Only what is not as it should be.
std::string words_of_health(Health const& health) {
  std::string out;
  auto const say = [&](std::string const& word) { out += (out.empty() ? "" : ", ") + word; };
  if (health.captions == "delayed") say(fmt::format("captions delayed by {}", health.lag_ms));
  else if (health.captions != "live") say("captions " + health.captions);
  if (!health.saved) say("not saved");
  if (health.suggestions != "on") say("suggestions " + health.suggestions);
  if (health.audio != "ok") say("audio " + health.audio);
  return out.empty() ? "all well" : out;
}

std::string words_of_coverage(std::map<Track, TrackCoverage> const& coverage) {
  std::string out;
  for (auto const& [track, sums] : coverage) {
    out += fmt::format("; {}", name(track));
    for (auto const& [key, ms] : {std::pair("final", sums.final_ms),
                                  {"silence", sums.silence_ms},
                                  {"pause", sums.pause_ms},
                                  {"gap", sums.gap_ms},
                                  {"pending", sums.pending_ms}}) {
      if (ms > 0) out += fmt::format(" {} {}", key, ms);
    }
  }
  return out;
}

std::string words_of_because(Because const& because) {
  if (because.utterance.empty()) return because.trigger;
  return fmt::format("{} {} {}", because.utterance, because.trigger, quoted(because.text));
}

std::string words_of_stages(StagesMs const& stages) {
  std::string out;
  for (auto const& [key, value] : to_json(stages)) {
    auto const ms = value.is_number() ? value.to_number<double>() : 0;
    if (std::abs(ms) >= 0.5) out += fmt::format(" {} {:.0f}", std::string_view(key), ms);
  }
  return out.empty() ? "" : "; ms:" + out;
}

struct Words {
  std::map<std::string, std::string>& cue_names;

  std::string operator()(CallStarted const&) { return "started"; }
  std::string operator()(HealthChanged const& changed) { return "health    " + words_of_health(changed.health); }
  std::string operator()(CallPaused const& paused) {
    return fmt::format("paused    from {} by {}", paused.at_ms, paused.by);
  }
  std::string operator()(CallResumed const& resumed) { return fmt::format("resumed   at {}", resumed.at_ms); }
  std::string operator()(Partial const& partial) {
    return fmt::format("partial   {} {}", partial.utterance.id(), quoted(partial.utterance.text));
  }
  std::string operator()(UtteranceFinal const& final) {
    return fmt::format("final     {} {} {}", final.utterance.id(), range(final.utterance),
                       quoted(final.utterance.text));
  }
  std::string operator()(UtteranceRevised const& revised) {
    return fmt::format("revised   {} {} {} was {}", revised.utterance.id(), range(revised.utterance),
                       quoted(revised.utterance.text), quoted(revised.was));
  }
  std::string operator()(CoverageGap const& gap) {
    return fmt::format("gap       {} {} {}", name(gap.track), range(gap), gap.reason);
  }
  std::string operator()(Moment const& moment) {
    cue_names[guidance::cue_id(moment.policy_version, moment.because.utterance, moment.policy)] = moment.policy;
    return "moment    " + moment.policy;
  }
  std::string operator()(Cue const& cue) {
    cue_names[cue.id] = cue.policy;
    return fmt::format("cue       {} {} because {}{}", cue.policy, quoted(cue.headline), words_of_because(cue.because),
                       words_of_stages(cue.stages_ms));
  }
  std::string operator()(CueClosed const& closed) {
    return fmt::format("closed    {} {}", cue_names[closed.id], closed.reason);
  }
  std::string operator()(Tick const& tick) {
    return fmt::format("ticked    {} because {}", tick.item, words_of_because(tick.because.value_or(Because{})));
  }
  std::string operator()(Untick const& untick) {
    return fmt::format("unticked  {} of {}", untick.item, untick.utterance);
  }
  std::string operator()(CallEnded const& ended) {
    return fmt::format("ended     {} after {}{}", name(ended.reason), ended.duration_ms,
                       words_of_coverage(ended.coverage));
  }
  template <class Other>
  std::string operator()(Other const&) {
    return std::string(Fields<Other>::type);
  }
};

}  // namespace

void Report::told(Event const& event, std::int64_t ms) {
  auto words = std::visit(Words{cue_names_}, event.body);
  ++counts_[words.substr(0, words.find(' '))];
  if (event.unpersisted) words += "  (unsaved)";
  if (counted_ && !event.is<CallEnded>()) return;
  lines_ += fmt::format("{:>8} {:>5}  {}\n", ms, event.is<Partial>() ? "" : std::to_string(event.number), words);
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

// Calls and questions of tests/unseen through the guide of a room: what was shown, at which turn, and at what cost.
#pragma once

#include <ctime>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guidance/guidance_eval.h"
#include "unseen/unseen_gate.h"
#include "unseen/unseen_score.h"

namespace sotto::unseen {

// Of all threads of this program.
inline double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Played {
  Shown shown;
  std::vector<std::string> because;         // of Shown::cues: what brought it
  std::vector<std::string> answer_texts;    // of Shown::cues: what can be read
  std::vector<double> mind_ms;              // of each final
  std::map<std::size_t, std::string> said;  // by turn: the words that were judged
  // By turn and rule: what the rule made of the words; only where it was asked for.
  std::map<std::pair<std::size_t, std::string>, std::string> why;
};

// One call through the guide.
class Player {
 public:
  Player(app::CallReplayRoom& room, CallInfo const& info, bool explains)
      : replay_(room, info, {}, explains), explains_(explains) {}

  void say(Passed const& passed, double gate_ms) {
    note(replay_.pass(passed.at_ms));
    turn_ = passed.turn;
    turns_[passed.utterance.id()] = passed.turn;
    auto& said = out_.said[passed.turn];
    said += (said.empty() ? "" : " | ") + passed.utterance.text;
    auto const before = cpu_ms();
    auto const happened = replay_.say(passed.utterance);
    out_.mind_ms.push_back(cpu_ms() - before + gate_ms);
    note(happened);
    if (!explains_) return;
    for (auto const& verdict : replay_.verdicts()) {
      auto& why = out_.why[{passed.turn, verdict.rule->id}];
      why = (verdict.fired ? "FIRES " : "") + verdict.why;
    }
  }
  Played end(std::int64_t until_ms) {
    note(replay_.pass(until_ms));
    return std::move(out_);
  }

 private:
  void note(std::vector<app::Happened> const& happened) {
    for (auto const& [at_ms, what] : happened) {
      if (auto const* tick = std::get_if<Tick>(&what)) out_.shown.ticks.push_back({tick->item, turn_});
      auto const* cue = std::get_if<Cue>(&what);
      if (!cue || !known_.insert(cue->id).second) continue;
      auto const by = turns_.find(cue->because.utterance);
      ShownCue shown{.rule = cue->policy, .turn = by == turns_.end() ? turn_ : by->second, .at_ms = at_ms};
      shown.answer = cue->because.trigger == "knowledge";
      if (cue->source) shown.file = cue->source->file, shown.heading = cue->source->heading;
      out_.shown.cues.push_back(std::move(shown));
      out_.because.push_back(
          fmt::format("{} {:.2f} \"{}\"", cue->because.trigger, cue->because.score, cue->because.pattern));
      out_.answer_texts.push_back(cue->headline + "\n" + cue->body);
    }
  }

  app::CallReplay replay_;
  bool const explains_;
  std::size_t turn_ = 0;
  std::map<std::string, std::size_t> turns_;  // by utterance
  std::set<std::string> known_;
  Played out_;
};

inline Played play(app::CallReplayRoom& room, std::string const& id, std::string const& tenant, Time started,
                   std::vector<Final> const& finals, bool explains) {
  auto info = eval::call(id, tenant);
  info.started = started;
  room.use_day(started);
  auto const before = cpu_ms();
  auto const passed = through_gate(id, started, finals);
  auto const gate_ms = (cpu_ms() - before) / static_cast<double>(std::max<std::size_t>(1, passed.size()));
  Player player(room, info, explains);
  for (auto const& one : passed) {
    if (one.taken_back.empty()) player.say(one, gate_ms);  // what a cue said remains
  }
  return player.end(passed.empty() ? 0 : passed.back().at_ms + 10'000);
}

}  // namespace sotto::unseen

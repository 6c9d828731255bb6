#include "unseen/unseen_gate.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

#include "live/transcript/mentions.h"
#include "live/transcript/privacy_gate.h"

namespace sotto::unseen {

namespace {

constexpr std::int64_t kStepMs = 100;

class Gate {
 public:
  Gate(std::string call, Time started) : call_(std::move(call)), started_(started) {}

  void push(Final const& final) {
    until(final.heard_ms);
    heard_[index(final.track)].push_back(final);
    gate_.on_final(said(final, final.words), at(now_ms_));
    drain();  // a number read back settles it on both
  }
  void correct(Final const& final) {
    until(final.corrected_ms);
    auto hypothesis = said(final, final.corrected);
    hypothesis.revised = true;
    if (auto const safe = gate_.revised(std::move(hypothesis))) pass(**safe);
  }
  std::vector<Passed> end() {
    for (auto const track : kBoth) gate_.settle(track);
    drain();
    return std::move(out_);
  }

 private:
  static constexpr std::array kBoth{Track::customer, Track::agent};

  Time at(std::int64_t ms) const { return started_ + std::chrono::milliseconds(ms); }

  void until(std::int64_t ms) {
    for (; now_ms_ < ms; now_ms_ = std::min(now_ms_ + kStepMs, ms)) drain();
  }

  // Its place in the call stands for its samples.
  static Hypothesis said(Final const& final, std::vector<Word> const& words) {
    Hypothesis out{.track = final.track, .final = true, .from = final.start_ms, .to = final.end_ms, .words = words};
    out.speech_end = final.end_ms;
    for (auto const& word : words) out.text += (out.text.empty() ? "" : " ") + word.text;
    return out;
  }

  void drain() {
    for (auto const track : kBoth) {
      while (auto const passed = gate_.take(track, at(now_ms_)))
        pass(*std::get<transcript::PrivacyGate::Safe>(*passed));
    }
    for (auto const& late : gate_.take_late()) take_back(late);
  }

  void pass(Hypothesis const& safe) {
    auto const track = index(safe.track);
    if (!safe.revised) {
      passed_[{track, safe.from}] = {heard_[track].front().turn, std::ssize(passed_)};
      heard_[track].pop_front();
    }
    auto const [turn, n] = passed_.at({track, safe.from});
    Utterance said{.call = call_, .track = safe.track, .n = n, .revision = safe.revised ? 1 : 0};
    said.from = said.start_ms = safe.from;
    said.to = said.end_ms = safe.to;
    said.text = safe.text;
    said.words = safe.words;
    said.entities =
        safe.revised ? mentions_.of_revised(safe, safe.track) : mentions_.of_final(safe, safe.words, safe.track);
    Passed passed{.turn = turn, .at_ms = now_ms_, .utterance = std::move(said), .shown = {}};
    for (auto const& word : safe.words) passed.shown.push_back(word.text);
    out_.push_back(std::move(passed));
  }

  // As the capture has it taken back.
  void take_back(transcript::PrivacyGate::Late const& late) {
    auto const final = std::ranges::find_if(out_, [&](Passed const& one) {
      return one.utterance.track == late.track && one.utterance.to == late.to && one.utterance.revision == 0;
    });
    Passed taken{.turn = final->turn, .at_ms = now_ms_, .utterance = {}, .shown = {}, .taken_back = late.words};
    out_.push_back(std::move(taken));
  }

  std::string const call_;
  Time const started_;
  transcript::PrivacyGate gate_;
  transcript::Mentions mentions_;
  std::array<std::deque<Final>, 2> heard_;
  // By track and beginning: the turn, and the number that its utterance has.
  std::map<std::pair<std::size_t, std::int64_t>, std::pair<std::size_t, std::int64_t>> passed_;
  std::int64_t now_ms_ = 0;
  std::vector<Passed> out_;
};

}  // namespace

std::vector<Final> exact_words(std::vector<Turn> const& turns) {
  std::vector<Final> out;
  std::int64_t at_ms = 0;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    Final final{.turn = i + 1, .track = turns[i].speaker, .words = {}, .start_ms = at_ms};
    for (auto const& word : words_of(turns[i].text)) {
      final.words.push_back({word, at_ms, at_ms + kWordMs});
      at_ms += kWordMs;
    }
    final.end_ms = at_ms;
    final.heard_ms = at_ms + kHeardAfterMs;
    at_ms += kGapMs;
    out.push_back(std::move(final));
  }
  return out;
}

std::vector<Passed> through_gate(std::string const& call, Time started, std::vector<Final> const& finals) {
  // In the order of time; a correction follows its final.
  std::multimap<std::int64_t, std::pair<Final const*, bool>> order;
  for (auto const& final : finals) {
    order.insert({final.heard_ms, {&final, false}});
    if (!final.corrected.empty()) order.insert({std::max(final.corrected_ms, final.heard_ms), {&final, true}});
  }
  Gate gate(call, started);
  for (auto const& [at_ms, what] : order) {
    auto const [final, correction] = what;
    if (correction) gate.correct(*final);
    else gate.push(*final);
  }
  return gate.end();
}

}  // namespace sotto::unseen

#include "live/transcript/privacy_gate.h"

#include <algorithm>
#include <sstream>

namespace sotto::transcript {
namespace {

std::string joined(std::vector<std::string> const& words) {
  std::string out;
  std::string const* before = nullptr;
  for (auto const& word : words) {
    bool const again = before && *before == word && word.starts_with('[');
    if (!again) out += (out.empty() ? "" : " ") + word;
    before = &word;
  }
  return out;
}

std::string letters(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

// A recogniser may give text without words; then all of them have its time.
std::vector<language::HeardWord> PrivacyGate::words_of(Hypothesis const& hypothesis) {
  std::vector<language::HeardWord> out;
  for (auto const& word : hypothesis.words) out.push_back({word.text, word.start_ms, word.end_ms});
  if (!out.empty()) return out;
  std::istringstream text(hypothesis.text);
  for (std::string word; text >> word;) out.push_back({word, 0, 0});
  return out;
}

// Where nothing was masked the recogniser's own text stays, unless it says digits that its words do not.
PrivacyGate::Safe PrivacyGate::masked(Hypothesis hypothesis, language::GuardedWords words) {
  for (auto const& number : words.masked)
    hypothesis.masked.push_back(
        {language::name(number.kind), number.first, number.last, number.last_four, number.valid});
  for (std::size_t i = 0; i < hypothesis.words.size(); ++i) hypothesis.words[i].text = words.texts[i];
  auto text = joined(words.texts);
  bool const digits = std::ranges::any_of(hypothesis.text, [](char c) { return c >= '0' && c <= '9'; });
  if (!hypothesis.masked.empty() || (digits && letters(text) != letters(hypothesis.text)))
    hypothesis.text = std::move(text);
  return Safe(std::move(hypothesis));
}

void PrivacyGate::on_final(Hypothesis hypothesis, Time now) {
  auto const track = index(hypothesis.track);
  auto const words = words_of(hypothesis);
  guard_.push(track, words, now);
  auto hidden = private_.push(track, words);
  late_.push(track, hypothesis.to, language::without(hidden, words));
  learn();
  held_[track].push_back({.hypothesis = std::move(hypothesis), .silence = {}, .hidden = std::move(hidden)});
}

void PrivacyGate::on_silence(Track track, std::int64_t from, std::int64_t to) {
  held_[index(track)].push_back({.hypothesis = std::nullopt, .silence = {from, to}});
}

std::optional<PrivacyGate::Passed> PrivacyGate::take(Track track, Time now) {
  auto& held = held_[index(track)];
  if (held.empty()) return std::nullopt;
  if (!held.front().hypothesis) {
    auto const silence = held.front().silence;
    held.pop_front();
    return silence;
  }
  if (held.front().hypothesis->revised) {
    auto correction = std::move(*held.front().hypothesis);
    held.pop_front();
    return look(std::move(correction), false);
  }
  auto words = guard_.take(index(track), now);
  if (!words) return std::nullopt;
  auto final = std::move(held.front());
  held.pop_front();
  learn();
  language::hide(final.hidden, *words);
  language::hide(late_.pass(index(track), final.hypothesis->to, words->texts), *words);
  return masked(std::move(*final.hypothesis), *words);
}

void PrivacyGate::learn() {
  for (auto const& card : guard_.cards()) late_.learn(card.digits, card.ms);
}

std::vector<PrivacyGate::Late> PrivacyGate::take_late() {
  std::vector<Late> out;
  for (auto& late : late_.take())
    out.push_back({static_cast<Track>(late.track), late.key, std::move(late.words), std::move(late.runs)});
  return out;
}

void PrivacyGate::recall(Utterance const& utterance) {
  auto const track = index(utterance.track);
  std::vector<language::HeardWord> words;
  for (auto const& word : utterance.words) words.push_back({word.text, word.start_ms, word.end_ms});
  private_.push(track, words);
  guard_.push(track, words, Time{});
  guard_.settle(track);
  while (guard_.take(track, Time::max())) {
  }
  late_.push(track, utterance.to, words);
  std::vector<std::string> shown;
  for (auto const& word : words) shown.push_back(word.text);
  late_.pass(track, utterance.to, shown);
  learn();
}

void PrivacyGate::settle(Track track) { guard_.settle(index(track)); }

PrivacyGate::Safe PrivacyGate::look(Hypothesis hypothesis, bool partial) const {
  auto const track = index(hypothesis.track);
  auto const words = words_of(hypothesis);
  auto const hidden = private_.look(track, words, partial);
  auto guarded = guard_.look(track, words, partial);
  language::hide(hidden, guarded);
  language::hide(late_.look(track, language::without(hidden, words)), guarded);
  return masked(std::move(hypothesis), std::move(guarded));
}

PrivacyGate::Safe PrivacyGate::partial(Hypothesis hypothesis) const { return look(std::move(hypothesis), true); }

std::optional<PrivacyGate::Safe> PrivacyGate::revised(Hypothesis hypothesis) {
  for (auto& held : held_[index(hypothesis.track)]) {
    if (!held.hypothesis || held.hypothesis->from != hypothesis.from || held.hypothesis->to != hypothesis.to) continue;
    held_[index(hypothesis.track)].push_back({.hypothesis = std::move(hypothesis), .silence = {}});
    return std::nullopt;
  }
  return look(std::move(hypothesis), false);
}

std::int64_t PrivacyGate::heard_to(Track track, std::int64_t decided) const {
  for (auto const& held : held_[index(track)]) {
    decided = std::max(decided, held.hypothesis ? held.hypothesis->to : held.silence.to);
  }
  return decided;
}

}  // namespace sotto::transcript

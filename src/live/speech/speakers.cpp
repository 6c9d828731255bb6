#include "live/speech/speakers.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "live/speech/role_words.h"

namespace sotto::speech {

namespace {

// What was told stays until the other party is this likely: a page that changes its mind is worse than one mistake.
constexpr double kSure = 0.7;
// Word times are kept this far from the ends of their part, so that rounding leaves them inside.
constexpr std::int64_t kInside = 10 * limits::kFrameRateHz / 1000;

// The models are surer of themselves than they are right: of the log odds this much is told.
constexpr double kModesty = 0.5;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// `turned`: log odds that the parties are exchanged in the whole call.
SpeakerGuess guess_of(double agent, double turned) {
  auto const odds = std::log(std::clamp(agent, 1e-6, 1 - 1e-6) / std::clamp(1 - agent, 1e-6, 1 - 1e-6));
  auto const this_one = sigmoid(kModesty * std::abs(odds)), exchanged = sigmoid(kModesty * turned);
  auto const told = this_one * (1 - exchanged) + (1 - this_one) * exchanged;
  return {odds >= 0 ? Track::agent : Track::customer, std::max(0.5, told)};
}

std::string text_of(std::span<RecognizedWord const> words) {
  std::string text;
  for (auto const& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

}  // namespace

void Speakers::push(std::int64_t from, std::span<float const> samples) { frames_.push(from, samples); }

std::vector<Speakers::Cut> Speakers::cut(std::int64_t from, std::int64_t to,
                                         std::span<RecognizedWord const> words) const {
  std::vector<Cut> out;
  auto const seconds = [](std::int64_t samples) { return static_cast<double>(samples) / limits::kFrameRateHz; };
  bool asked = asked_;
  for (auto const& run : turn_pieces(from, to, words, frames_.within(from, to), frames_.begin_of(from))) {
    auto const said = words.subspan(run.first_word, run.past_word - run.first_word);
    auto const label = said.front().speaker;
    auto const pause = out.empty() ? std::max<std::int64_t>(0, said.front().from - voice_end_) : run.pause;
    out.push_back({run, VoicePiece{.voice = label ? VoiceVector{} : voice_vector(frames_.within(run.from, run.to)),
                                   .label = label,
                                   .agent_odds = agent_log_odds(text_of(said)),
                                   .pause_s = seconds(pause),
                                   .after_question = asked}});
    asked = said.back().text.ends_with('?');
  }
  return out;
}

std::vector<SpeakerPart> Speakers::on_final(SpeechFinal const& final) {
  if (final.words.empty()) return {{.id = next_id_++, .from = final.from, .to = final.to, .text = final.text}};
  auto const cuts = cut(final.from, final.to, final.words);
  auto const first_piece = voices_.size();
  for (auto const& [run, piece] : cuts) {
    voices_.add(piece);
    weights_.emplace_back(voices_.size() - 1, std::max(piece.voice.frames, 5.0f));
  }
  while (weights_.size() > 400) weights_.pop_front();
  voices_.solve();
  voice_end_ = final.speech_end;
  asked_ = final.words.back().text.ends_with('?');
  std::vector<SpeakerPart> parts;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    auto const piece = first_piece + static_cast<std::int64_t>(i);
    auto const party = guess_of(voices_.agent(piece).value_or(0.5), voices_.turned()).party;
    auto const& run = cuts[i].run;
    if (parts.empty() || told_.back().party != party) {
      told_.push_back({.id = next_id_++, .first_piece = piece, .past_piece = piece, .party = party});
      parts.push_back({.id = told_.back().id, .from = run.from});
    }
    told_.back().past_piece = piece + 1;
    auto& part = parts.back();
    part.to = run.to;
    for (auto word = run.first_word; word < run.past_word; ++word) {
      auto& said = part.words.emplace_back(final.words[word]);
      said.from = std::clamp(said.from, run.from + kInside, run.to - 2 * kInside);
      said.to = std::clamp(said.to, said.from + kInside, run.to - kInside);
    }
    part.text = text_of(part.words);
    part.speaker = guess_of(*agent(told_.back()), voices_.turned());
  }
  if (parts.size() == 1) parts.front().text = final.text;
  return parts;
}

// Of a part: that of its pieces, by how much was heard of each.
std::optional<double> Speakers::agent(Told const& told) const {
  double sum = 0, all = 0;
  for (auto piece = told.first_piece; piece < told.past_piece; ++piece) {
    auto const probability = voices_.agent(piece);
    if (!probability) return std::nullopt;
    auto const weight = std::ranges::lower_bound(weights_, piece, {}, [](auto const& w) { return w.first; });
    auto const frames = weight == weights_.end() ? 5.0 : static_cast<double>(weight->second);
    sum += frames * *probability;
    all += frames;
  }
  return all > 0 ? std::optional(sum / all) : std::nullopt;
}

std::vector<SpeakerCorrection> Speakers::take_corrections() {
  while (told_.size() > corrected_max) told_.pop_front();
  std::vector<SpeakerCorrection> out;
  for (auto& told : told_) {
    auto const probability = agent(told);
    if (!probability) continue;
    auto const now = guess_of(*probability, voices_.turned());
    if (now.party == told.party || std::max(*probability, 1 - *probability) < kSure) continue;
    told.party = now.party;
    out.push_back({told.id, now});
  }
  return out;
}

SpeakerGuess Speakers::on_partial(SpeechPartial const& partial) const {
  auto const cuts = cut(partial.from, partial.to, partial.words);
  if (cuts.empty()) return {};
  auto last = cuts.back().piece;
  // Only the last piece counts: those before it are not known to be of one party.
  if (cuts.size() > 1) last.pause_s = std::max(last.pause_s, 0.6);
  return guess_of(voices_.guess(last), voices_.turned());
}

}  // namespace sotto::speech

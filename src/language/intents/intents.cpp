#include "language/intents/intents.h"

#include "base/unicode.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace sotto::language {

namespace {

constexpr std::string_view kMagic = "sotto intents 3\n";
constexpr std::size_t kNamed = 5;  // intents that a judgement names at most

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::vector<float> softmax(std::vector<float> scores) {
  if (scores.empty()) return scores;
  auto const top = std::ranges::max(scores);
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - top);
  for (float& score : scores) score /= sum;
  return scores;
}

}  // namespace

std::vector<float> scope_features(std::vector<float> const& mixed, std::vector<float> const& words,
                                  std::vector<float> const& nearest) {
  float first = -1e9F, second = -1e9F;
  for (float const score : mixed) {
    if (score > first) second = std::exchange(first, score);
    else second = std::max(second, score);
  }
  auto const lead = mixed.size() > 1 ? std::min(first - second, 10.0F) : 10.0F;
  return {1, first, lead, std::ranges::max(nearest), std::ranges::max(words)};
}

std::vector<float> mix(std::span<float const> by, std::vector<float> const& words, std::vector<float> const& meaning,
                       std::vector<float> const& nearest) {
  std::vector<float> out(words.size());
  for (std::size_t c = 0; c < out.size(); ++c)
    out[c] = by[0] * words[c] + by[1] * meaning[c] + by[2] * nearest[c] + by[3];
  return out;
}

std::vector<Feature> IntentModel::features(std::string_view text, TurnsBefore before) const {
  return ngrams(text, before.first(std::min(before.size(), before_)));
}

IntentModel::Scores IntentModel::scores(std::vector<Feature> const& features, std::span<float const> vector) const {
  auto const classes = names_.size();
  Scores out{std::vector<float>(classes), std::vector<float>(classes), std::vector<float>(classes)};
  words_.score(features, out.words);
  meaning_.score(vector, out.meaning);
  nearest_.score(vector, out.nearest);
  return out;
}

Judgement IntentModel::named(std::vector<float> const& probabilities, double in_scope) const {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  auto const kept = std::min(kNamed, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<long>(kept), std::greater(),
                            [&](auto c) { return probabilities[c]; });
  Judgement out{.intents = {}, .in_scope = in_scope};
  for (std::size_t i = 0; i < kept; ++i) out.intents.push_back({names_[order[i]], probabilities[order[i]]});
  return out;
}

Judgement IntentModel::mixed(Scores const& scores, std::span<float const> vector) const {
  auto mixed = mix(calibration_.mix, scores.words, scores.meaning, scores.nearest);
  auto const features = scope_features(mixed, scores.words, scores.nearest);
  double scope = 0;
  for (std::size_t i = 0; i < features.size(); ++i) scope += calibration_.scope[i] * features[i];
  auto const likeliest = static_cast<std::size_t>(std::ranges::max_element(mixed) - mixed.begin());
  auto const nearest = nearest_.nearest(vector, likeliest), of_none = nearest_.nearest(vector, names_.size());
  bool const near = nearest >= kNearEnough && of_none < std::max(nearest, kTheVeryWords);
  bool const as_written = nearest >= kAsInAnExample && of_none <= nearest;
  if (several_) {
    for (float& score : mixed) score = static_cast<float>(sigmoid(score));
  } else {
    mixed = softmax(std::move(mixed));
  }
  auto const in_scope = as_written ? std::max<double>(sigmoid(scope), nearest)
                        : near     ? sigmoid(scope)
                                   : std::min(sigmoid(scope), 0.9 * kInScope);
  return named(mixed, in_scope);
}

std::optional<Judgement> IntentModel::judge(std::string_view text, TurnsBefore before) const {
  std::vector<float> scores(names_.size());
  words_.score(features(text, before), scores);
  for (float& score : scores) score *= calibration_.words_slope;
  auto const probabilities = softmax(std::move(scores));
  auto const best = std::ranges::max(probabilities);
  if (several_ || best < calibration_.words_sure) return std::nullopt;
  auto out = named(probabilities, best);
  out.by_words = true;
  return out;
}

Judgement IntentModel::judge(std::string_view text, std::span<float const> vector, TurnsBefore before) const {
  return mixed(scores(features(text, before), vector), vector);
}

std::string IntentModel::write() const {
  ByteWriter out;
  out.value(static_cast<std::uint8_t>(several_));
  out.value(static_cast<std::uint8_t>(before_));
  out.value(static_cast<std::uint64_t>(names_.size()));
  for (auto const& name : names_) out.text(name);
  words_.write(out);
  meaning_.write(out);
  nearest_.write(out);
  out.list(calibration_.mix);
  out.value(calibration_.words_slope);
  out.value(calibration_.words_sure);
  out.list(calibration_.scope);
  return std::string(kMagic) + out.bytes();
}

Result<IntentModel> IntentModel::read(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return fail("model_broken", "it is not a model of `sotto train intents`");
  ByteReader in(bytes.substr(kMagic.size()));
  bool const several = in.value<std::uint8_t>() != 0;
  std::size_t const before = in.value<std::uint8_t>();
  std::vector<std::string> names(std::min<std::uint64_t>(in.value<std::uint64_t>(), 100'000));
  for (auto& name : names) name = in.text();
  auto words = NgramClassifier::read(in);
  if (!words) return std::unexpected(words.error());
  auto meaning = VectorClassifier::read(in);
  if (!meaning) return std::unexpected(meaning.error());
  auto nearest = NearestExamples::read(in);
  if (!nearest) return std::unexpected(nearest.error());
  IntentModel out(std::move(*words), std::move(*meaning), std::move(*nearest));
  out.names_ = std::move(names);
  out.several_ = several;
  out.before_ = before;
  out.calibration_.mix = in.list<float>();
  out.calibration_.words_slope = in.value<float>();
  out.calibration_.words_sure = in.value<float>();
  out.calibration_.scope = in.list<float>();
  bool const sound = in.good() && in.at_end() && before <= kTurnsBefore && !out.names_.empty() &&
                     out.words_.classes() == out.names_.size() && out.meaning_.classes() == out.names_.size() &&
                     out.nearest_.classes() == out.names_.size() && out.meaning_.width() == out.nearest_.width() &&
                     out.calibration_.mix.size() == 4 && out.calibration_.scope.size() == 5;
  if (!sound) return fail("model_broken", "its parts do not fit together");
  for (auto const& name : out.names_) {
    if (name.empty() || escaped(name) != name)
      return fail("model_broken", "its intent \"" + escaped(name) + "\" has a name that is no text; train it anew");
  }
  return out;
}

}  // namespace sotto::language

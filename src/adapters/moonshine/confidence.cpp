#include "adapters/moonshine/confidence.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <confidence_weights.h>

#include "adapters/moonshine/words.h"
#include "base/weights.h"

namespace sotto {
namespace {

enum class Second : std::uint8_t { none, same, differs };

// Of each word of `words`, whether `other`, a reading of the beginning of the sound, has it too: by least word edits.
// How its last word would have gone on is not known.
std::vector<Second> second_opinions(std::vector<std::string> const& words, std::vector<std::string> const& other) {
  std::vector<Second> out(words.size(), Second::none);
  if (other.empty()) return out;
  auto const columns = other.size() + 1;
  std::vector<std::size_t> edits((words.size() + 1) * columns);
  auto const at = [&](std::size_t word, std::size_t theirs) -> std::size_t& { return edits[word * columns + theirs]; };
  for (std::size_t i = 0; i <= words.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      if (i == 0 || j == 0) {
        at(i, j) = i + j;
        continue;
      }
      auto const changed = at(i - 1, j - 1) + (words[i - 1] == other[j - 1] ? 0 : 1);
      at(i, j) = std::min({changed, at(i - 1, j) + 1, at(i, j - 1) + 1});
    }
  }
  std::size_t i = 0, j = other.size();
  for (std::size_t end = 1; end <= words.size(); ++end) {
    if (at(end, j) <= at(i, j)) i = end;
  }
  while (i > 0 && j > 0) {
    bool const same = words[i - 1] == other[j - 1];
    if (at(i, j) == at(i - 1, j - 1) + (same ? 0 : 1)) {
      out[i - 1] = same ? Second::same : j == other.size() ? Second::none : Second::differs;
      --i, --j;
    } else if (at(i, j) == at(i - 1, j) + 1) {
      out[--i] = Second::differs;
    } else {
      --j;
    }
  }
  for (; i > 0; --i) out[i - 1] = Second::differs;
  return out;
}

// ln(p / (1 - p)), within what can be told apart.
double log_odds(float log_probability) {
  auto const p = std::clamp(std::exp(static_cast<double>(log_probability)), 0.002, 0.9995);
  return std::log(p / (1 - p));
}

}  // namespace

std::vector<ConfidenceFeatures> confidence_features(std::string_view text, std::span<HeardWord const> heard,
                                                    std::string_view other) {
  auto const words = bare_words(split_words(text));
  auto const seconds = second_opinions(words, bare_words(split_words(other)));
  std::vector<ConfidenceFeatures> out;
  double all = 0;
  for (auto const& word : heard) all += log_odds(word.evidence.least);
  for (std::size_t at = 0; at < words.size() && at < heard.size(); ++at) {
    auto const& evidence = heard[at].evidence;
    auto const odds = [&](std::size_t word) { return log_odds(heard[word].evidence.least); };
    auto const tokens = std::max(1, evidence.tokens);
    auto const before = at > 0 ? odds(at - 1) : odds(at);
    auto const behind = at + 1 < words.size() ? odds(at + 1) : odds(at);
    out.push_back({{"bias", 1},
                   {"least", odds(at)},
                   {"least high", std::max(0.0, odds(at) - 3)},
                   {"mean", log_odds(evidence.sum / static_cast<float>(tokens))},
                   {"sum", std::max(-6.0f, evidence.sum)},
                   {"entropy", evidence.entropy},
                   {"tokens", std::log(tokens)},
                   {"letters", std::log(1.0 + static_cast<double>(words[at].size()))},
                   {"before", before},
                   {"behind", behind},
                   {"text", all / static_cast<double>(heard.size())},
                   {"words", std::log(static_cast<double>(words.size()))},
                   {"first", at == 0},
                   {"last", at + 1 == words.size()},
                   {"same", seconds[at] == Second::same},
                   {"differs", seconds[at] == Second::differs}});
  }
  return out;
}

void judge_words(Decoding& decoding, std::string other) {
  static Weights const weights = parse_weights(kConfidenceWeights);
  decoding.beside = std::move(other);
  auto const features = confidence_features(decoding.text, decoding.words, decoding.beside);
  for (std::size_t at = 0; at < features.size(); ++at) {
    double sum = 0;
    for (auto const& [name, value] : features[at]) sum += weight_of(weights, name) * value;
    decoding.words[at].confidence = static_cast<float>(1 / (1 + std::exp(-sum)));
  }
}

}  // namespace sotto

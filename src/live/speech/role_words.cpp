#include "live/speech/role_words.h"

#include <algorithm>
#include <string>
#include <vector>

#include <speaker_weights.h>

#include "base/weights.h"

namespace sotto::speech {

namespace {

// No sentence is more certain than this: the model has never heard this company's calls.
constexpr double kCertain = 2.5;

// In lower case, letters and apostrophes; a word with a digit is "0".
std::string bare(std::string_view word) {
  std::string letters;
  bool digits = false;
  for (char const c : word) {
    char const lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    digits = digits || (lower >= '0' && lower <= '9');
    if ((lower >= 'a' && lower <= 'z') || lower == '\'') letters += lower;
  }
  return digits ? "0" : letters;
}

std::string_view length(std::size_t words) { return words <= 2 ? "2" : words <= 5 ? "5" : words <= 10 ? "10" : "more"; }

}  // namespace

double agent_log_odds(std::string_view text) {
  static Weights const weights = parse_weights(kSpeakerWords);
  std::vector<std::string> words;
  for (auto rest = text; !rest.empty();) {
    auto const part = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (auto word = bare(part); !word.empty()) words.push_back(std::move(word));
  }
  if (words.empty()) return 0;
  double sum = 0;
  auto const add = [&](std::string const& feature) { sum += weight_of(weights, feature); };
  add("bias");
  add("first:" + words.front());
  add("words:" + std::string(length(words.size())));
  if (text.contains('?')) add("asks");
  std::vector<std::string> seen;
  auto const once = [&](std::string feature) {
    if (std::ranges::find(seen, feature) != seen.end()) return;
    add(feature);
    seen.push_back(std::move(feature));
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    once(words[i]);
    if (i > 0) once(words[i - 1] + " " + words[i]);
  }
  return std::clamp(sum, -kCertain, kCertain);
}

}  // namespace sotto::speech

#include "adapters/moonshine/digit_homophones.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/moonshine/lone_digits.h"
#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

struct Homophone {
  std::string_view word, figure, name;
};
// All that English has, but for "oh", which is a digit's name.
constexpr auto kHomophones = std::to_array<Homophone>({{"to", "2", "two"},
                                                       {"too", "2", "two"},
                                                       {"for", "4", "four"},
                                                       {"fore", "4", "four"},
                                                       {"won", "1", "one"},
                                                       {"ate", "8", "eight"},
                                                       {"or", "0", "oh"}});
constexpr std::size_t kStringLeast = 3;

Homophone const* homophone(std::string_view word) {
  auto const* found = std::ranges::find(kHomophones, bare(word), &Homophone::word);
  return found == kHomophones.end() ? nullptr : found;
}

bool has_figure(std::string_view word) {
  return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool ends_sentence(std::string_view word) { return word.ends_with('.') || word.ends_with('?') || word.ends_with('!'); }

// As the neighbour that is a number writes it; the one before counts first.
bool as_figure(std::vector<std::string_view> const& words, std::size_t at) {
  if (at > 0 && lone_digits(words[at - 1]) > 0) return has_figure(words[at - 1]);
  return at + 1 < words.size() && has_figure(words[at + 1]);
}

}  // namespace

std::vector<std::size_t> digit_homophones(MoonshineTokens const& tokens, std::span<Token const> heard) {
  auto const text = tokens.text(heard);
  auto const words = split_words(text);
  std::vector<std::size_t> found;
  for (std::size_t from = 0; from < words.size();) {
    std::size_t to = from, digits = 0;
    std::vector<std::size_t> alike;
    while (to < words.size()) {
      auto const count = lone_digits(words[to]);
      if (count == 0 && !homophone(words[to])) break;
      if (count == 0) alike.push_back(to);
      digits += count;
      if (ends_sentence(words[to++])) break;
    }
    // "extension four one two for billing": the last word of a string is seldom a digit.
    while (!alike.empty() && alike.back() + 1 == to) --to, alike.pop_back();
    if (digits >= kStringLeast) found.insert(found.end(), alike.begin(), alike.end());
    from = std::max(to, from + 1);
  }
  return found;
}

std::vector<Token> with_digits_at(MoonshineTokens const& tokens, std::span<Token const> heard,
                                  std::span<std::size_t const> words) {
  auto const text = tokens.text(heard);
  auto const written = split_words(text);
  auto const ranges = tokens.words(heard);
  std::vector<Token> out(heard.begin(), heard.end());
  for (auto place = words.rbegin(); place != words.rend(); ++place) {
    auto const* digit = homophone(written[*place]);
    out = tokens.rewritten(out, ranges[*place], as_figure(written, *place) ? digit->figure : digit->name);
  }
  return out;
}

}  // namespace sotto

#include "language/privacy/masked.h"

namespace sotto::language {
namespace {

bool inside(MaskedNumber const& card, MaskedNumber const& number) {
  bool const smaller = card.last - card.first < number.last - number.first;
  return card.first >= number.first && card.last <= number.last && (smaller || card.last_four.empty());
}

void hide_one(MaskedNumber const& number, GuardedWords& words) {
  using Kind = MaskedNumber::Kind;
  if (number.kind == Kind::iban)
    std::erase_if(words.masked, [&](MaskedNumber const& one) { return one.kind == Kind::card && inside(one, number); });
  std::vector<bool> card(number.last - number.first + 1);
  bool mixed = false;
  for (auto const& one : words.masked) {
    for (auto i = one.first; i <= one.last; ++i) {
      if (i < number.first || i > number.last) continue;
      card[i - number.first] = mixed = true;
    }
  }
  bool goes_on = false;
  for (auto i = number.first; i <= number.last; ++i) {
    if (card[i - number.first]) {
      goes_on = false;
      continue;
    }
    words.texts[i] = std::string("[") + name(number.kind) + "]";
    if (!goes_on) words.masked.push_back({.kind = number.kind, .first = i, .last = i});
    words.masked.back().last = i;
    goes_on = true;
    if (mixed) continue;
    words.masked.back().last_four = number.last_four;
    words.masked.back().valid = number.valid;
  }
}

}  // namespace

void hide(std::vector<MaskedNumber> const& numbers, GuardedWords& words) {
  for (auto const& number : numbers) hide_one(number, words);
}

std::vector<HeardWord> without(std::vector<MaskedNumber> const& numbers, std::vector<HeardWord> words) {
  for (auto const& number : numbers) {
    for (auto i = number.first; i <= number.last; ++i) words[i].text = std::string("[") + name(number.kind) + "]";
  }
  return words;
}

}  // namespace sotto::language

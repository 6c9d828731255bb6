// Calls in which numbers are dictated, made from a seed: cards in many voices, and the other numbers of a service call.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sotto::eval {

enum class Tag { none, card, cvv, account, iban, identity, other };

struct ScriptWord {
  std::string text;
  Tag tag = Tag::none;
  int item = 0;  // numbers of one call are told apart by this
};

struct Turn {
  std::size_t track = 0;  // 0 customer, 1 agent
  std::vector<ScriptWord> words;
  std::int64_t pause_ms = 0;  // before it

  std::string said() const {
    std::string out;
    for (auto const& word : words) out += (out.empty() ? "" : " ") + word.text;
    return out;
  }
};

struct Script {
  std::vector<Turn> turns;
  int items = 0;
};

struct Random {
  std::mt19937_64 engine;
  explicit Random(std::uint64_t seed) : engine(seed) {}
  std::size_t below(std::size_t n) { return engine() % n; }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1))); }
  template <typename T>
  T const& pick(std::vector<T> const& from) {
    return from[below(from.size())];
  }
};

// A card number with a right check digit, of a network chosen by chance.
std::string card_number(Random& random);
// Digits as words: one by one, "double two", pairs, written; `written` forces digits.
std::vector<std::string> say(Random& random, std::string const& digits, int style);

// `with_card`: a card is paid with in it; else only other numbers.
Script make_script(Random& random, bool with_card);
// Account numbers with sort or routing code, IBANs, identity numbers, and other numbers beside them.
Script make_private_script(Random& random);

}  // namespace sotto::eval

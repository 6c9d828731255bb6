#include "entities/dictation_script.h"

#include "entities/dictation_maker.h"
#include "language/numbers/spoken.h"

namespace sotto::eval {

std::string card_number(Random& random) {
  struct Network {
    Strings prefixes;
    std::size_t length;
  };
  static std::vector<Network> const networks = {{{"4"}, 16},
                                                {{"51", "52", "53", "54", "55", "2221", "2720", "2500"}, 16},
                                                {{"4"}, 16},
                                                {{"34", "37"}, 15},
                                                {{"6011", "65"}, 16},
                                                {{"4929", "4532", "4485"}, 16},
                                                {{"3530", "3566"}, 16},
                                                {{"36", "38"}, 14}};
  auto const& network = random.pick(networks);
  auto out = random.pick(network.prefixes);
  out += digits_of(random, network.length - out.size() - 1);
  for (char check = '0'; check <= '9'; ++check) {
    if (language::luhn(out + check)) return out + check;
  }
  return out;
}

// 0 one by one, 1 with "double" and "oh", 2 pairs, 3 one by one with "oh", 4 hundreds where they are round, 5 written.
std::vector<std::string> say(Random& random, std::string const& digits, int style) {
  if (style == 5) {
    if (digits.size() > 4 && random.chance(40)) {
      Strings out;
      for (std::size_t at = 0; at < digits.size(); at += 4) out.push_back(digits.substr(at, 4));
      if (random.chance(50)) return out;
      std::string joined = out[0];
      for (std::size_t i = 1; i < out.size(); ++i) joined += "-" + out[i];
      return {joined};
    }
    return {digits};
  }
  Strings out;
  for (std::size_t at = 0; at < digits.size();) {
    auto const digit = digits[at] - '0';
    std::size_t same = 1;
    while (at + same < digits.size() && digits[at + same] == digits[at]) ++same;
    if (style == 1 && same >= 3 && random.chance(60)) {
      out.push_back("triple " + ones[digit]);
      at += 3;
    } else if ((style == 1 || style == 4) && same >= 2 && random.chance(85)) {
      out.push_back("double " + (digit == 0 && random.chance(60) ? std::string("oh") : ones[digit]));
      at += 2;
    } else if (style == 4 && at + 4 <= digits.size() && digits.substr(at + 2, 2) == "00" && digit > 0) {
      out.push_back(pair(digits.substr(at, 2), false) + " hundred");
      at += 4;
    } else if ((style == 2 || (style == 4 && random.chance(40))) && at + 2 <= digits.size() && digit > 0) {
      out.push_back(pair(digits.substr(at, 2), random.chance(25)));
      at += 2;
    } else {
      bool const oh = digit == 0 && (style == 3 || (style != 0 && random.chance(50)));
      out.push_back(oh ? "oh" : ones[digit]);
      at += 1;
    }
  }
  return out;
}

Script make_script(Random& random, bool with_card) {
  Maker maker{.random = random, .script = {}};
  auto const before = random.between(0, 2), after = random.between(0, 2);
  maker.turn(0, "Hello, I need some help please.", 0);
  for (int i = 0; i < before; ++i) random.chance(60) ? maker.other() : maker.small_talk();
  if (with_card) maker.card();
  else maker.other();
  for (int i = 0; i < after; ++i) random.chance(60) ? maker.other() : maker.small_talk();
  maker.turn(1, "Thank you, goodbye.", 400);
  std::erase_if(maker.script.turns, [](Turn const& turn) { return turn.words.empty(); });
  maker.script.items = maker.item;
  return maker.script;
}

}  // namespace sotto::eval

// Calls in which account numbers, IBANs and identity numbers are given.
#include <algorithm>
#include <cctype>

#include "entities/dictation_maker.h"
#include "language/numbers/iban.h"

namespace sotto::eval {
namespace {

struct Words {
  Strings asks, carriers, behind;  // by the agent, before it, behind it
};

Words const account = {
    {"What is your account number?", "Can I take your account number please?",
     "Could you confirm the account number for me?", "And which account number is it?",
     "May I have the number of the account?", "And your bank account number?",
     "Please read me the account number when you're ready.", "I need your account number."},
    {"my account number is", "the account number is", "my bank account number is", "the number of my account is",
     "account number", "it's for account number", "please use my bank account,", "yes my account number, it's"},
    {"is my account number", "that's my account number", "that is the account number"}};
Words const sort = {{"And the sort code?", "What is the sort code please?", "What's your sort code?"},
                    {"the sort code is", "sort code", "and the sort code is"},
                    {"is the sort code", "that's the sort code"}};
Words const routing = {{"And the routing number?", "What's your bank's routing number?"},
                       {"the routing number is", "and the routing number is"},
                       {"is the routing number"}};
Words const iban = {{"What is your IBAN?", "Can I have the IBAN please?", "And the IBAN of that account?",
                     "Which IBAN should it go to?", "Could you read me your IBAN?"},
                    {"my IBAN is", "the IBAN is", "IBAN", "please send it to IBAN"},
                    {"is my IBAN", "that's the IBAN"}};
Words const ssn = {{"What is your social security number?", "And your social please?", "Can I have your SSN?",
                    "Please tell me your social security number.", "I need your social security number to verify you."},
                   {"my social security number is", "my social is", "my SSN is", "the social security number is"},
                   {"is my social security number", "that's my social"}};
Words const insurance = {{"What is your national insurance number?", "And your NI number?",
                          "Could you give me your national insurance number please?"},
                         {"my national insurance number is", "my NI number is"},
                         {"is my national insurance number"}};
Words const passport = {
    {"What is your passport number?", "And the number of your passport?", "Could I have your driver's license number?"},
    {"my passport number is", "the passport number is", "my driving licence number is"},
    {"is my passport number"}};

std::string letters_of(Random& random, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += "BCEGHJKLMNPRSTWXYZ"[random.below(18)];
  return out;
}

std::string iban_number(Random& random) {
  static std::vector<std::string> const countries = {"DE", "GB", "FR", "NL", "ES", "IE", "AT", "BE"};
  auto const country = random.pick(countries);
  bool const bank = country == "GB" || country == "NL" || country == "IE";
  std::string head = bank ? letters_of(random, 4) : "";
  head += digits_of(random, language::iban_length(country) - 4 - head.size());
  for (int check = 2; check <= 98; ++check) {
    auto out = country + (check < 10 ? "0" : "") + std::to_string(check) + head;
    if (language::iban(out)) return out;
  }
  return country + "00" + head;
}

struct PrivateMaker : Maker {
  explicit PrivateMaker(Random& of) : Maker{.random = of, .script = {}} {}

  // Letters as they are said; digits between them by `say`.
  Strings say_code(std::string const& code, int style) {
    static std::vector<std::string> const icao = {
        "alpha",  "bravo", "charlie", "delta",  "echo",     "foxtrot", "golf",   "hotel",  "india",
        "juliet", "kilo",  "lima",    "mike",   "november", "oscar",   "papa",   "quebec", "romeo",
        "sierra", "tango", "uniform", "victor", "whiskey",  "x-ray",   "yankee", "zulu"};
    if (style == 5) return {code};
    Strings out;
    bool const spells = random.chance(15);
    for (std::size_t at = 0; at < code.size();) {
      if (!std::isdigit(static_cast<unsigned char>(code[at]))) {
        auto const& word = icao[static_cast<std::size_t>(code[at] - 'A')];
        std::string const letter(1, code[at]);
        auto const way = random.below(10);
        out.push_back(!spells   ? letter
                      : way < 5 ? word
                      : way < 7 ? letter + " as in " + word
                                : letter + " for " + word);
        ++at;
        continue;
      }
      auto end = at;
      while (end < code.size() && std::isdigit(static_cast<unsigned char>(code[end]))) ++end;
      for (auto const& word : say(random, code.substr(at, end - at), style)) out.push_back(word);
      at = end;
    }
    return out;
  }

  Strings parts(std::string const& code) {
    Strings out;
    auto const way = random.below(6);
    for (std::size_t at = 0; at < code.size();) {
      auto const n = way == 0   ? code.size()
                     : way == 1 ? 2
                     : way == 2 ? 3
                     : way <= 4 ? 4
                                : static_cast<std::size_t>(random.between(1, 6));
      out.push_back(code.substr(at, n));
      at += n;
    }
    return out;
  }

  void group(std::string const& part, int style, Tag tag, bool wrong) {
    if (wrong && std::isdigit(static_cast<unsigned char>(part.back())) && part.size() == digits_in(part))
      return corrected(part, style, tag);
    number(say_code(part, style), tag);
  }
  static std::size_t digits_in(std::string const& part) {
    return static_cast<std::size_t>(
        std::count_if(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c); }));
  }

  void dictate(std::string const& code, Tag tag, bool turns) {
    static Strings const fillers = {"uh", "um", "and then", "then", "okay", "and", "followed by", "er", "dash", "yeah"};
    static Strings const nods = {"Mm-hmm.", "Okay.",          "Go on.", "Yes.",          "Uh-huh.",
                                 "Got it.", "Yep, go ahead.", "Right.", "And the rest?", "Thank you, and then?"};
    static Strings const asides = {"let me see", "hang on", "did you get that", "sorry it's hard to read"};
    auto const style = static_cast<int>(random.below(6));
    auto const all = parts(code);
    bool const corrects = random.chance(15), echoes = random.chance(35), nods_on = random.chance(50);
    auto const wrong = random.below(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      group(all[i], style, tag, corrects && i == wrong);
      if (i + 1 == all.size()) break;
      if (random.chance(4)) add(random.pick(asides));
      if (turns && random.chance(70)) {
        finish_turn();
        if (echoes) {
          turn(1, random.chance(40) ? random.chance(50) ? "got it," : "okay" : "", random.between(200, 900));
          number(say_code(all[i], random.chance(50) ? style : 0), tag);
          finish_turn();
        } else if (nods_on) {
          turn(1, random.pick(nods), random.between(150, 900));
        }
        turn(0, "", random.between(300, 3200));
        if (random.chance(15)) add(random.pick(fillers));
      } else if (random.chance(12)) {
        add(random.pick(fillers));
      }
    }
  }

  void give(Words const& words, std::string const& code, Tag tag) {
    static Strings const answers = {"it's", "yes it's", "sure, it's", "", "", "yeah", "of course,", "okay, that's"};
    auto const mine = ++item;
    if (random.chance(8)) {  // the label comes behind
      turn(0, random.chance(50) ? "" : "yes", random.between(200, 2000));
      number(say_code(code, static_cast<int>(random.below(6))), tag);
      add(random.pick(words.behind));
      return finish_turn();
    }
    bool const asked = random.chance(70);
    if (asked) {
      turn(1, random.pick(words.asks), random.between(200, 1500));
      finish_turn();
    }
    turn(0, random.pick(asked ? answers : words.carriers), random.between(200, 2500));
    dictate(code, tag, random.chance(60));
    finish_turn();
    if (!random.chance(25)) return;
    static Strings const opens = {"So that's", "Let me read that back,", "I have", "To confirm,", "That was"};
    turn(1, random.pick(opens), random.between(300, 1800));
    auto const newest = std::exchange(item, mine);
    number(say_code(code, static_cast<int>(random.below(6))), tag);
    item = newest;
    finish_turn();
    turn(0, random.chance(50) ? "Yes that's right." : "Correct.", random.between(200, 900));
  }

  void one() {
    auto const digits = [&](int low, int high) {
      return digits_of(random, static_cast<std::size_t>(random.between(low, high)));
    };
    switch (random.below(7)) {
      case 0: give(account, digits(8, 12), Tag::account); break;
      case 1:
        give(account, digits(8, 8), Tag::account);
        give(sort, digits(6, 6), Tag::account);
        break;
      case 2:
        give(routing, digits(9, 9), Tag::account);
        give(account, digits(9, 12), Tag::account);
        break;
      case 3: give(iban, iban_number(random), Tag::iban); break;
      case 4: give(ssn, std::to_string(random.between(1, 8)) + digits(8, 8), Tag::identity); break;
      case 5: give(insurance, letters_of(random, 2) + digits(6, 6) + "ABCD"[random.below(4)], Tag::identity); break;
      default: give(passport, random.chance(50) ? digits(9, 9) : letters_of(random, 1) + digits(8, 8), Tag::identity);
    }
  }
};

}  // namespace

Script make_private_script(Random& random) {
  PrivateMaker maker(random);
  auto const before = random.between(0, 2), after = random.between(0, 3);
  maker.turn(0, "Hello, I need some help please.", 0);
  for (int i = 0; i < before; ++i) random.chance(60) ? maker.other() : maker.small_talk();
  maker.one();
  for (int i = 0; i < after; ++i) random.chance(60) ? maker.other() : maker.small_talk();
  maker.turn(1, "Thank you, goodbye.", 400);
  std::erase_if(maker.script.turns, [](Turn const& turn) { return turn.words.empty(); });
  maker.script.items = maker.item;
  return maker.script;
}

}  // namespace sotto::eval

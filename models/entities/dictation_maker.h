// Words of one generated call under construction: turns, groups of digits, corrections, and what service calls hold
// beside the numbers that are looked for.
#pragma once

#include <cctype>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "entities/dictation_script.h"

namespace sotto::eval {

using Strings = std::vector<std::string>;

inline std::vector<std::string> split(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

inline std::string digits_of(Random& random, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += static_cast<char>('0' + random.below(10));
  return out;
}

inline Strings const ones = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
inline Strings const teens = {"ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                              "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
inline Strings const tens = {"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

inline std::string pair(std::string const& two, bool hyphen) {
  if (two[0] == '1') return teens[two[1] - '0'];
  auto out = tens[two[0] - '0'];
  return two[1] == '0' ? out : out + (hyphen ? "-" : " ") + ones[two[1] - '0'];
}

// Words of one call under construction.
struct Maker {
  Random& random;
  Script script;
  int item = 0;

  void turn(std::size_t track, std::string const& text, int pause_ms) {
    Turn out{.track = track, .words = {}, .pause_ms = pause_ms};
    for (auto const& word : split(text)) out.words.push_back({word, Tag::none, 0});
    script.turns.push_back(std::move(out));
  }
  void add(std::string const& text) {
    for (auto const& word : split(text)) script.turns.back().words.push_back({word, Tag::none, 0});
  }
  void number(Strings const& words, Tag tag) {
    for (auto const& word : words) {
      for (auto const& part : split(word)) script.turns.back().words.push_back({part, tag, item});
    }
  }
  void finish_turn() {
    auto& words = script.turns.back().words;
    if (words.empty() || random.chance(30)) return;
    words.front().text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front().text[0])));
    if (words.back().text.back() != '?') words.back().text += random.chance(80) ? "." : ",";
  }

  Strings groups(std::string const& digits) {
    Strings out;
    auto const way = random.below(10);
    std::size_t at = 0;
    while (at < digits.size()) {
      std::size_t n = 4;
      if (digits.size() == 15 && way < 7) n = at == 0 ? 4 : at == 4 ? 6 : 5;
      else if (way == 7) n = static_cast<std::size_t>(random.between(1, 6));
      else if (way == 8) n = 8;
      else if (way == 9) n = random.chance(50) ? 2 : 3;
      out.push_back(digits.substr(at, n));
      at += n;
    }
    return out;
  }

  // A wrong group, the correction, the right one.
  void corrected(std::string const& group, int style, Tag tag) {
    static Strings const sorry = {"no, sorry,",   "sorry,",        "no wait,",    "wait, no,",
                                  "oh sorry,",    "no, I mean",    "uh no,",      "oops, sorry,",
                                  "actually no,", "scratch that,", "sorry I mean"};
    auto wrong = group;
    auto const way = random.below(3);
    if (way == 0 || group.size() < 2) {  // the whole group again
      auto& digit = wrong[random.below(wrong.size())];
      digit = static_cast<char>('0' + (digit - '0' + random.between(1, 9)) % 10);
      number(say(random, wrong, style), tag);
      add(random.pick(sorry));
      number(say(random, group, style), tag);
    } else if (way == 1) {  // only the last digit
      auto& digit = wrong.back();
      digit = static_cast<char>('0' + (digit - '0' + random.between(1, 9)) % 10);
      number(say(random, wrong, style), tag);
      add(random.pick(sorry));
      number(say(random, group.substr(group.size() - 1), style), tag);
    } else {  // in the middle of the group
      auto const at = 1 + random.below(group.size() - 1);
      auto head = group.substr(0, at);
      head.back() = static_cast<char>('0' + (head.back() - '0' + random.between(1, 9)) % 10);
      number(say(random, head, style), tag);
      add(random.pick(sorry));
      number(say(random, group.substr(at - 1), style), tag);
    }
  }

  void dictate_card(std::string const& digits, bool labelled) {
    static Strings const fillers = {"uh",          "um",      "and then", "then", "okay", "and",
                                    "followed by", "next is", "er",       "dash", "yeah"};
    static Strings const asides = {"let me see",
                                   "hang on",
                                   "is that right",
                                   "did you get that",
                                   "sorry it's hard to read",
                                   "the next four are",
                                   "and the last four are",
                                   "one second",
                                   "let me turn it over",
                                   "I can hardly read this"};
    static Strings const nods = {"Mm-hmm.", "Okay.",          "Go on.", "Yes.",          "Uh-huh.",
                                 "Got it.", "Yep, go ahead.", "Right.", "And the rest?", "Thank you, and then?"};
    auto const style = static_cast<int>(random.below(6));
    auto const parts = groups(digits);
    bool const turns = random.chance(60), corrects = random.chance(18);
    bool const echoes = turns && random.chance(35), nods_on = turns && random.chance(40);
    auto const wrong = random.below(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (corrects && i == wrong) corrected(parts[i], style, Tag::card);
      else number(say(random, parts[i], style), Tag::card);
      if (i + 1 == parts.size()) break;
      if (labelled && random.chance(5)) add(random.pick(asides));
      if (turns && random.chance(70)) {
        finish_turn();
        if (echoes) {
          turn(1, random.chance(40) ? "okay" : "", random.between(200, 900));
          number(say(random, parts[i], random.chance(50) ? style : 0), Tag::card);
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

  void card() {
    static Strings const asks = {"Can I take the card number please?",
                                 "Could you read me the long number on the front of the card?",
                                 "What's the sixteen digit card number?",
                                 "And which card would you like to use?",
                                 "Go ahead with your card number whenever you're ready.",
                                 "Please tell me the number across the front of your card.",
                                 "May I have your credit card details?",
                                 "Can I get the card number, the expiry date and the security code?",
                                 "Okay, and the number on the card?"};
    static Strings const carriers = {"it's",
                                     "yes it's",
                                     "sure, it's",
                                     "okay the number is",
                                     "my card number is",
                                     "it is a Visa,",
                                     "right, so that's",
                                     "",
                                     "",
                                     "yeah",
                                     "the card is",
                                     "of course,",
                                     "I have it here,",
                                     "let me get it out, okay,",
                                     "please charge my card,"};
    static Strings const bare = {
        "I would like to pay with", "use this one please,", "you can charge it to", "it's", "so it's", "take it from"};
    auto const digits = card_number(random);
    auto const mine = ++item;
    bool const asked = random.chance(75);
    bool const labelled = asked || random.chance(70);
    if (asked) {
      turn(1, random.pick(asks), random.between(200, 1500));
      finish_turn();
    }
    turn(0,
         asked      ? random.pick(carriers)
         : labelled ? "my card number is"
                    : random.pick(bare),
         random.between(200, 2500));
    if (!asked && !labelled) {
      number(say(random, digits, static_cast<int>(random.below(6))), Tag::card);
    } else {
      dictate_card(digits, labelled);
    }
    finish_turn();
    if (random.chance(40)) expiry();
    if (random.chance(55)) code(digits.size() == 15 ? 4 : 3);
    if (random.chance(25)) read_back(digits, mine);
  }

  void expiry() {
    static Strings const asks = {"And the expiry date?", "What's the expiration on that?", "When does it expire?",
                                 "Valid until when?"};
    turn(1, random.pick(asks), random.between(200, 900));
    turn(0, random.chance(50) ? "it's" : "", random.between(200, 1500));
    auto const month = random.between(1, 12), year = random.between(26, 32);
    ++item;
    if (random.chance(30))
      number({(month < 10 ? "0" : "") + std::to_string(month) + "/" + std::to_string(year)}, Tag::other);
    else number({month < 10 ? ones[month] : teens[month - 10], pair(std::to_string(year), false)}, Tag::other);
    finish_turn();
  }

  void code(std::size_t n) {
    static Strings const asks = {"And the three digits on the back?",
                                 "What is the security code?",
                                 "And the CVV please?",
                                 "Could you give me the code on the back of the card?",
                                 "And the card verification number?",
                                 "I also need the CVC."};
    bool const asked = random.chance(80);
    auto const digits = digits_of(random, n);
    if (asked) {
      turn(1, random.pick(asks), random.between(200, 900));
      turn(0, random.chance(50) ? "it's" : random.chance(30) ? "that's" : "", random.between(200, 2500));
    } else {
      turn(0, "and the security code is", random.between(200, 2500));
    }
    ++item;
    number(say(random, digits, static_cast<int>(random.below(2)) * 5), Tag::cvv);
    finish_turn();
  }

  void read_back(std::string const& digits, int mine) {
    auto const newest = std::exchange(item, mine);
    static Strings const opens = {"So that's", "Let me read that back,", "I have", "Okay, that was", "To confirm,"};
    turn(1, random.pick(opens), random.between(300, 1800));
    auto const style = static_cast<int>(random.below(6));
    for (auto const& group : groups(digits)) number(say(random, group, style), Tag::card);
    item = newest;
    finish_turn();
    turn(0, random.chance(50) ? "Yes that's right." : "Correct.", random.between(200, 900));
  }

  void other() {
    ++item;
    auto const style = static_cast<int>(random.below(6));
    auto const open = [&](Strings const& asks, Strings const& carriers) {
      if (!random.chance(60)) {
        auto const& carrier = random.pick(carriers);
        turn(0, carrier, random.between(300, 3000));
        return carrier;
      }
      turn(1, random.pick(asks), random.between(300, 2500));
      turn(0, random.chance(60) ? "it's" : "yes,", random.between(200, 2000));
      return script.turns[script.turns.size() - 2].said();
    };
    auto const plain = [&](std::string const& digits) { number(say(random, digits, style), Tag::other); };
    switch (random.below(9)) {
      case 0: {
        open({"What's the best phone number for you?", "Can I have a number to call you back?",
              "Is your mobile still the same?"},
             {"my phone number is", "you can call me on", "my number is", "text me at"});
        auto const digits = random.chance(50) ? std::to_string(random.between(2, 9)) + digits_of(random, 9)
                                              : "0" + digits_of(random, 10);
        auto const cut = random.chance(30);
        plain(digits.substr(0, 3));
        plain(digits.substr(3, 3));
        if (cut) {
          finish_turn();
          turn(0, "", random.between(300, 1500));
        }
        plain(digits.substr(6));
        break;
      }
      case 1:
        open({"Do you have the order number?", "What is your order number?", "Which booking is this about?"},
             {"my order number is", "it's about order", "the tracking number is", "the reference is"});
        plain(digits_of(random, static_cast<std::size_t>(random.between(5, 14))));
        break;
      case 2: {
        auto const said = open({"Can you confirm your account number?", "What's the account number?"},
                               {"my account number is", "the account is", "my customer number is"});
        auto const digits = digits_of(random, static_cast<std::size_t>(random.between(6, 12)));
        number(say(random, digits, style), said.find("account") == std::string::npos ? Tag::other : Tag::account);
        break;
      }
      case 3: {
        open({"What's your date of birth?", "When did you order it?"},
             {"I was born on", "it was on", "my date of birth is"});
        static Strings const months = {"January", "March", "May", "July", "August", "October", "December"};
        number({random.pick(months),
                random.chance(50) ? std::to_string(random.between(1, 28)) : tens[2] + " " + ones[random.between(1, 8)]},
               Tag::other);
        auto const year = random.between(40, 99);
        number(random.chance(40) ? Strings{"19" + std::to_string(year)}
                                 : Strings{"nineteen", pair(std::to_string(year), random.chance(30))},
               Tag::other);
        break;
      }
      case 4:
        open({"How much was it?", "What amount were you charged?"}, {"I was charged", "it cost me", "the bill says"});
        if (random.chance(40))
          number({"$" + std::to_string(random.between(10, 4000)) + "." + digits_of(random, 2)}, Tag::other);
        else
          number({pair(std::to_string(random.between(20, 99)), false), "dollars", "and",
                  pair(std::to_string(random.between(10, 99)), false), "cents"},
                 Tag::other);
        break;
      case 5:
        open({"And the zip code?", "What's your postcode?"}, {"my zip code is", "the postal code is"});
        plain(digits_of(random, 5));
        break;
      case 6:
        open({"What address should it go to?", "Where do you live?"}, {"I live at", "send it to"});
        number(random.chance(50) ? Strings{std::to_string(random.between(1, 9999))}
                                 : Strings{pair(std::to_string(random.between(10, 99)), false)},
               Tag::other);
        add(random.chance(50) ? "Maple Street" : "Garden Lane");
        break;
      case 7:
        open({"When should we come?", "What time suits you?"}, {"can you come at", "it happened at"});
        number(random.chance(50) ? Strings{std::to_string(random.between(1, 12)) + ":30"}
                                 : Strings{ones[random.between(1, 9)], "thirty"},
               Tag::other);
        break;
      default:
        open({"Do you have a ticket number?", "Is there a case open?"}, {"my ticket number is", "the case number is"});
        plain(digits_of(random, static_cast<std::size_t>(random.between(5, 10))));
    }
    finish_turn();
  }

  void small_talk() {
    static Strings const lines = {"I've been waiting for two weeks now.",
                                  "There are four people in my family.",
                                  "Let me check that for you.",
                                  "One moment please.",
                                  "I paid by card last time and it worked.",
                                  "My card was declined twice.",
                                  "It should take three to five days.",
                                  "Do you have anything else?",
                                  "Is that my old card or the new one?",
                                  "That comes to the same price as last year.",
                                  "I called at nine and again at ten.",
                                  "No, sorry, I don't know."};
    turn(random.below(2), random.pick(lines), random.between(300, 3000));
  }
};

}  // namespace sotto::eval

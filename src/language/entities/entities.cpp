#include "language/entities/entities.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <unordered_set>

#include "language/entities/orthography.h"
#include "language/numbers/iban.h"
#include "language/numbers/number_context.h"
#include "language/numbers/phone.h"
#include "language/numbers/quantities.h"
#include "language/numbers/spoken.h"

namespace sotto::language {
namespace {

using Set = std::unordered_set<std::string_view>;

// What ends the local part of a spoken mail address, read backwards.
Set const before_mail = {"is",  "it's", "its",  "that's", "email", "e-mail", "mail", "address", "to",      "my",
                         "the", "at",   "on",   "me",     "and",   "so",     "yes",  "yeah",    "okay",    "with",
                         "use", "for",  "says", "be",     "from",  "it",     "you",  "send",    "contact", "or",
                         "i",   "am",   "no",   "sorry",  "says",  "under",  "have"};
Set const streets = {"street", "st",      "road",    "rd",       "avenue",  "ave",       "lane",
                     "ln",     "drive",   "court",   "blvd",     "parkway", "boulevard", "place",
                     "square", "highway", "terrace", "crescent", "gardens", "way"};
Set const not_names = {
    "calling",   "not",  "just", "here",  "looking",   "having",  "trying",  "very",       "going",   "sorry",
    "fine",      "a",    "an",   "the",   "on",        "in",      "so",      "still",      "from",    "about",
    "my",        "your", "good", "well",  "sure",      "okay",    "and",     "but",        "with",    "really",
    "afraid",    "that", "it",   "wrong", "incorrect", "correct", "spelled", "misspelled", "missing", "under",
    "different", "or",   "who",  "as",    "to",        "for",     "of",      "is",         "was"};

bool alpha(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) || c == '\'' || c == '-';
  });
}

struct Finder {
  std::vector<std::string> const& words;
  Folded folded;
  std::vector<Item> items;
  std::vector<ContextMention> contexts;
  std::vector<Written> forms;
  std::vector<bool> taken;
  std::vector<Entity> out;

  explicit Finder(std::vector<std::string> const& of) : words(of), taken(of.size()) {
    std::vector<std::vector<Lexeme>> lexemes;
    for (auto const& word : words) {
      folded.push_back(fold(word));
      lexemes.push_back(read_word(word));
    }
    items = read_numbers(lexemes);
    forms = read_written(words);
    contexts = find_number_contexts(folded);
  }

  void add(Entity entity) {
    for (auto i = entity.first; i <= entity.last; ++i) {
      if (taken[i]) return;
    }
    for (auto i = entity.first; i <= entity.last; ++i) taken[i] = true;
    out.push_back(std::move(entity));
  }

  void emails();
  void spoken_email(std::size_t at);
  void ibans();
  void amounts();
  void numbers();
  void number(std::vector<Item> const& group);
  std::optional<NumberContext> context_of(std::size_t first) const;
  void phones();
  void days();
  void names();
  // `said`: only those whose number is in words, which the rules of written ones do not see.
  void addresses(bool said);
};

void Finder::emails() {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto text = folded[i];
    auto const at = text.find('@');
    if (at != std::string::npos && at > 0 && text.find('.', at) != std::string::npos) {
      add({.kind = Entity::Kind::email, .value = std::move(text), .first = i, .last = i, .valid = true});
    } else if (text == "at") {
      spoken_email(i);
    }
  }
}

// One word of a mail address as it is written; nothing where it is none of it.
std::string mail_part(std::string const& word) {
  if (word == "dot" || word == "period" || word == "point") return ".";
  if (word == "dash" || word == "hyphen") return "-";
  if (word == "underscore") return "_";
  auto const lexemes = read_word(word);
  if (lexemes.size() == 1 && lexemes[0].lex == Lex::digits && lexemes[0].digits.size() == 1 && !lexemes[0].weak)
    return lexemes[0].digits;
  if (std::ranges::all_of(
          word, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-'; }))
    return word;
  return {};
}

// "... a dot b at g mail dot com": forwards to the end of the domain, backwards to a word that is no part of a name.
void Finder::spoken_email(std::size_t at) {
  std::string domain;
  std::size_t last = 0;
  bool dotted = false;
  for (auto i = at + 1; i < words.size() && i <= at + 14; ++i) {
    auto const part = mail_part(folded[i]);
    if (part.empty()) break;
    bool const after_dot = domain.ends_with('.');
    domain += part;
    dotted = dotted || part == "." || part.find('.') != std::string::npos;
    if (part != "." && part != "-") last = i;
    bool const letter = part.size() == 1 && std::isalpha(static_cast<unsigned char>(part[0]));
    auto const next = i + 1 < words.size() ? folded[i + 1] : std::string();
    bool const goes_on =
        next == "dot" || (letter && next.size() == 1 && std::isalpha(static_cast<unsigned char>(next[0])));
    if (((after_dot && part != ".") || part.find('.', 1) != std::string::npos) && !goes_on && dotted) break;
    if (std::ispunct(static_cast<unsigned char>(words[i].back())) && dotted && part != ".") break;
  }
  auto const dot = domain.rfind('.');
  if (!dotted || last == 0 || dot == std::string::npos || dot == 0 || domain.size() - dot < 3) return;
  std::string local;
  auto first = at;
  for (auto i = at; i > 0 && at - i < 24; --i) {
    auto const& word = folded[i - 1];
    auto const part = mail_part(word);
    bool const single = word.size() == 1;
    if (part.empty() || (before_mail.contains(word) && !(single && first < at))) break;
    if (words[i - 1].back() == ',' || words[i - 1].back() == ':') break;
    local.insert(0, part);
    first = i - 1;
  }
  while (!local.empty() && (local[0] == '.' || local[0] == '-')) local.erase(0, 1), ++first;
  if (local.empty()) return;
  add({.kind = Entity::Kind::email, .value = local + "@" + domain, .first = first, .last = last, .valid = true});
}

void Finder::ibans() {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const& head = folded[i];
    if (head.size() < 4 || !std::isalpha(static_cast<unsigned char>(head[0])) ||
        !std::isalpha(static_cast<unsigned char>(head[1])) || !std::isdigit(static_cast<unsigned char>(head[2])) ||
        !std::isdigit(static_cast<unsigned char>(head[3]))) {
      continue;
    }
    std::string all;
    for (auto j = i; j < words.size() && all.size() < kIbanMax; ++j) {
      if (!std::ranges::all_of(folded[j], [](char c) { return std::isalnum(static_cast<unsigned char>(c)); })) break;
      all += folded[j];
      if (iban(all)) {
        std::ranges::transform(all, all.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        add({.kind = Entity::Kind::iban, .value = all, .first = i, .last = j, .valid = true});
        break;
      }
    }
  }
}

void Finder::amounts() {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (taken[i]) continue;
    if (auto const date = read_date(folded, i); date.words) {
      add({.kind = Entity::Kind::date, .value = date.value, .first = i, .last = i + date.words - 1, .valid = true});
    } else if (auto const money = read_money(folded, i); money.words) {
      add({.kind = Entity::Kind::money, .value = money.value, .first = i, .last = i + money.words - 1, .valid = true});
    } else if (auto const time = read_time(folded, i); time.words) {
      add({.kind = Entity::Kind::time, .value = time.value, .first = i, .last = i + time.words - 1, .valid = true});
    }
  }
}

std::optional<NumberContext> Finder::context_of(std::size_t first) const {
  auto const context = std::ranges::find_if(contexts.rbegin(), contexts.rend(), [&](ContextMention const& one) {
    return one.last < first && first - one.last <= 6;
  });
  return context == contexts.rend() ? std::nullopt : std::optional(context->context);
}

// What is written like a phone number and was not said to be something else.
void Finder::phones() {
  for (auto const& place : written_phones(words, taken)) {
    auto const context = context_of(place.first);
    if (context && *context != NumberContext::phone && *context != NumberContext::card &&
        *context != NumberContext::name && *context != NumberContext::postcode)
      continue;
    add({.kind = Entity::Kind::phone,
         .value = place.value,
         .first = place.first,
         .last = place.last,
         .valid = in_number_plan(place.value)});
  }
}

// "on Monday", "in 2014".
void Finder::days() {
  static Set const weekdays = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  static Set const before = {"in",   "of",   "during", "since", "until", "by",
                             "from", "year", "early",  "late",  "a",     "before"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const& form = forms[i];
    bool const year =
        form.digits && form.bare.size() == 4 && (form.bare.starts_with("19") || form.bare.starts_with("20"));
    if (weekdays.contains(form.folded) || (year && i > 0 && before.contains(folded[i - 1])))
      add({.kind = Entity::Kind::date, .value = form.bare, .first = i, .last = i, .valid = false});
  }
}

// Digits in a row, with fillers and corrections between them.
void Finder::numbers() {
  std::vector<Item> group;
  auto const close = [&] {
    while (!group.empty() && group.back().kind != Item::Kind::digits) group.pop_back();
    if (!group.empty()) number(group);
    group.clear();
  };
  for (auto const& item : items) {
    bool const host = std::ranges::count(folded[item.first], '.') == 3;  // "10.0.0.1"
    bool const digits = item.kind == Item::Kind::digits && !taken[item.first] && !host;
    bool const between = item.kind == Item::Kind::filler || item.kind == Item::Kind::correction;
    if (digits || (between && !group.empty())) group.push_back(item);
    else close();
  }
  close();
}

void Finder::number(std::vector<Item> const& group) {
  std::string digits;
  for (std::size_t at = 0; at < group.size(); ++at) {
    if (group[at].kind == Item::Kind::digits) digits += group[at].digits;
    if (group[at].kind != Item::Kind::correction) continue;
    // "four one two, no, sorry, five": what follows replaces as much.
    std::size_t after = 0;
    while (at + 1 < group.size() && group[at + 1].kind != Item::Kind::digits) ++at;
    for (auto next = at + 1; next < group.size() && group[next].kind == Item::Kind::digits; ++next)
      after += group[next].digits.size();
    digits.resize(digits.size() - std::min(digits.size(), after));
  }
  auto first = group.front().first;
  auto const last = group.back().last;
  auto const context = context_of(first);
  bool const plus = first > 0 && folded[first - 1] == "plus";
  bool const written_plus = words[first].starts_with('+');
  auto kind = Entity::Kind::phone;
  auto const is = [&](NumberContext of) { return context == of; };
  if (is(NumberContext::order) && digits.size() >= 3) kind = Entity::Kind::order;
  else if (is(NumberContext::ticket) && digits.size() >= 3) kind = Entity::Kind::ticket;
  else if ((is(NumberContext::account) || is(NumberContext::member)) && digits.size() >= 4)
    kind = Entity::Kind::account;
  else if (!is(NumberContext::phone) && !plus && !written_plus && (digits.size() < 9 || digits.size() > 11)) return;
  if (kind == Entity::Kind::phone && (is(NumberContext::code) || is(NumberContext::identity))) return;
  auto const& written = folded[first];
  bool const security = first == last && written.size() == 11 && written[3] == '-' && written[6] == '-';
  if (kind == Entity::Kind::phone && security) return;  // 3-2-4 digits
  if (kind == Entity::Kind::phone && (digits.size() < 7 || digits.size() > 15)) return;
  if (plus) --first;
  auto const value = (plus || written_plus ? "+" : "") + digits;
  bool const valid = kind != Entity::Kind::phone || in_number_plan(value);
  add({.kind = kind, .value = value, .first = first, .last = last, .valid = valid});
}

// "my name is Ada Lovelace", "this is Ada".
void Finder::names() {
  static constexpr std::array<std::array<std::string_view, 3>, 11> opens = {{{"my", "name", "is"},
                                                                             {"his", "name", "is"},
                                                                             {"her", "name", "is"},
                                                                             {"last", "name", "is"},
                                                                             {"first", "name", "is"},
                                                                             {"maiden", "name", "is"},
                                                                             {"full", "name", "is"},
                                                                             {"surname", "is", ""},
                                                                             {"the", "name", "is"},
                                                                             {"name's", "", ""},
                                                                             {"i", "am", "called"}}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (auto const& open : opens) {
      std::size_t n = 0;
      while (n < 3 && !open[n].empty() && i + n < words.size() && folded[i + n] == open[n]) ++n;
      if (n == 0 || (n < 3 && !open[n].empty())) continue;
      auto const first = i + n;
      std::string value;
      auto end = first;
      for (; end < words.size() && end < first + 3; ++end) {
        if (!alpha(folded[end]) || not_names.contains(folded[end]) || taken[end]) break;
        auto text = folded[end];
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
        value += (value.empty() ? "" : " ") + text;
        if (std::ispunct(static_cast<unsigned char>(words[end].back()))) {
          ++end;
          break;
        }
      }
      if (end > first)
        add({.kind = Entity::Kind::name, .value = value, .first = first, .last = end - 1, .valid = false});
    }
  }
}

// A house number, up to three words, and what a street is called.
void Finder::addresses(bool said) {
  for (std::size_t at = 0; at < items.size(); ++at) {
    auto const& item = items[at];
    if (item.kind != Item::Kind::digits || taken[item.first]) continue;
    bool const goes_on =
        at + 1 < items.size() && items[at + 1].kind == Item::Kind::digits && items[at + 1].first == item.last + 1;
    if (goes_on) continue;
    auto first = item.first;
    auto number = item.digits;
    // "one sixty six": said in pieces, written as one.
    for (auto before = at; before > 0; --before) {
      auto const& piece = items[before - 1];
      if (piece.kind != Item::Kind::digits || piece.last + 1 != first || taken[piece.first]) break;
      first = piece.first;
      number.insert(0, piece.digits);
    }
    bool const in_words = words[first].find_first_of("0123456789") == std::string::npos;
    if (number.size() > 5 || (said && !in_words)) continue;
    for (auto i = item.last + 1; i <= item.last + 4 && i < words.size(); ++i) {
      if (!alpha(folded[i])) break;
      if (i == item.last + 1 || !streets.contains(folded[i])) continue;
      auto value = number;
      for (auto j = item.last + 1; j <= i; ++j) value += " " + folded[j];
      add({.kind = Entity::Kind::address, .value = value, .first = first, .last = i, .valid = false});
      break;
    }
  }
}

}  // namespace

char const* name(Entity::Kind kind) {
  static constexpr std::array names = {"iban", "account", "order", "ticket", "phone",  "email",
                                       "date", "time",    "money", "name",   "address"};
  return names[static_cast<std::size_t>(kind)];
}

bool sensitive(Entity::Kind kind) { return kind == Entity::Kind::iban || kind == Entity::Kind::account; }

std::vector<Entity> find_entities(std::vector<std::string> const& words) {
  if (words.empty()) return {};
  Finder finder(words);
  finder.emails();
  finder.ibans();
  finder.addresses(true);
  for (auto const& place : written_addresses(finder.forms))
    finder.add({.kind = Entity::Kind::address, .value = place.value, .first = place.first, .last = place.last});
  finder.addresses(false);
  finder.amounts();
  finder.phones();
  finder.numbers();
  finder.days();
  finder.names();
  for (auto const& place : written_names(finder.forms, finder.taken))
    finder.add({.kind = Entity::Kind::name, .value = place.value, .first = place.first, .last = place.last});
  std::ranges::sort(finder.out, {}, &Entity::first);
  return std::move(finder.out);
}

}  // namespace sotto::language

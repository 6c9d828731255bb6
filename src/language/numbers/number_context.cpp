#include "language/numbers/number_context.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace sotto::language {
namespace {

std::unordered_map<std::string_view, NumberContext> const single = {{"card", NumberContext::card},
                                                                    {"cards", NumberContext::card},
                                                                    {"visa", NumberContext::card},
                                                                    {"mastercard", NumberContext::card},
                                                                    {"amex", NumberContext::card},
                                                                    {"maestro", NumberContext::card},
                                                                    {"debit", NumberContext::card},
                                                                    {"credit", NumberContext::card},
                                                                    {"discover", NumberContext::card},
                                                                    {"cc", NumberContext::card},
                                                                    {"pan", NumberContext::card},
                                                                    {"cvv", NumberContext::cvv},
                                                                    {"cvc", NumberContext::cvv},
                                                                    {"cvv2", NumberContext::cvv},
                                                                    {"cvc2", NumberContext::cvv},
                                                                    {"csc", NumberContext::cvv},
                                                                    {"cvn", NumberContext::cvv},
                                                                    {"expiry", NumberContext::expiry},
                                                                    {"expires", NumberContext::expiry},
                                                                    {"expire", NumberContext::expiry},
                                                                    {"expiration", NumberContext::expiry},
                                                                    {"expiring", NumberContext::expiry},
                                                                    {"exp", NumberContext::expiry},
                                                                    {"phone", NumberContext::phone},
                                                                    {"telephone", NumberContext::phone},
                                                                    {"mobile", NumberContext::phone},
                                                                    {"cell", NumberContext::phone},
                                                                    {"cellphone", NumberContext::phone},
                                                                    {"landline", NumberContext::phone},
                                                                    {"fax", NumberContext::phone},
                                                                    {"extension", NumberContext::phone},
                                                                    {"tel", NumberContext::phone},
                                                                    {"dial", NumberContext::phone},
                                                                    {"order", NumberContext::order},
                                                                    {"booking", NumberContext::order},
                                                                    {"reservation", NumberContext::order},
                                                                    {"tracking", NumberContext::order},
                                                                    {"invoice", NumberContext::order},
                                                                    {"confirmation", NumberContext::order},
                                                                    {"parcel", NumberContext::order},
                                                                    {"shipment", NumberContext::order},
                                                                    {"purchase", NumberContext::order},
                                                                    {"reference", NumberContext::ticket},
                                                                    {"ticket", NumberContext::ticket},
                                                                    {"case", NumberContext::ticket},
                                                                    {"incident", NumberContext::ticket},
                                                                    {"complaint", NumberContext::ticket},
                                                                    {"claim", NumberContext::ticket},
                                                                    {"account", NumberContext::account},
                                                                    {"acct", NumberContext::account},
                                                                    {"iban", NumberContext::iban},
                                                                    {"routing", NumberContext::account},
                                                                    {"policy", NumberContext::member},
                                                                    {"membership", NumberContext::member},
                                                                    {"member", NumberContext::member},
                                                                    {"loyalty", NumberContext::member},
                                                                    {"meter", NumberContext::member},
                                                                    {"serial", NumberContext::code},
                                                                    {"imei", NumberContext::code},
                                                                    {"ssn", NumberContext::identity},
                                                                    {"passport", NumberContext::identity},
                                                                    {"licence", NumberContext::code},
                                                                    {"license", NumberContext::code},
                                                                    {"social", NumberContext::identity},
                                                                    {"birthday", NumberContext::time},
                                                                    {"birth", NumberContext::time},
                                                                    {"born", NumberContext::time},
                                                                    {"dob", NumberContext::time},
                                                                    {"total", NumberContext::money},
                                                                    {"amount", NumberContext::money},
                                                                    {"balance", NumberContext::money},
                                                                    {"price", NumberContext::money},
                                                                    {"cost", NumberContext::money},
                                                                    {"costs", NumberContext::money},
                                                                    {"refund", NumberContext::money},
                                                                    {"zip", NumberContext::postcode},
                                                                    {"postcode", NumberContext::postcode},
                                                                    {"postal", NumberContext::postcode},
                                                                    {"address", NumberContext::postcode},
                                                                    {"street", NumberContext::postcode},
                                                                    {"flat", NumberContext::postcode},
                                                                    {"apartment", NumberContext::postcode},
                                                                    {"apt", NumberContext::postcode},
                                                                    {"suite", NumberContext::postcode},
                                                                    {"box", NumberContext::postcode},
                                                                    {"pin", NumberContext::code},
                                                                    {"when", NumberContext::time},
                                                                    {"o'clock", NumberContext::time},
                                                                    {"live", NumberContext::postcode},
                                                                    {"deliver", NumberContext::postcode},
                                                                    {"happened", NumberContext::time},
                                                                    {"birth", NumberContext::time},
                                                                    {"password", NumberContext::code},
                                                                    {"passcode", NumberContext::code}};

struct Phrase {
  std::array<std::string_view, 4> words;  // the rest empty
  NumberContext context;
};

// Longer ones first: "social security number" is not "security number".
constexpr Phrase kPhrases[] = {
    {{"social", "security", "number", ""}, NumberContext::identity},
    {{"number", "on", "the", "card"}, NumberContext::card},
    {{"number", "on", "the", "front"}, NumberContext::card},
    {{"across", "the", "front", ""}, NumberContext::card},
    {{"long", "number", "", ""}, NumberContext::card},
    {{"sixteen", "digits", "", ""}, NumberContext::card},
    {{"sixteen", "digit", "", ""}, NumberContext::card},
    {{"16", "digit", "", ""}, NumberContext::card},
    {{"16", "digits", "", ""}, NumberContext::card},
    {{"fifteen", "digits", "", ""}, NumberContext::card},
    {{"fifteen", "digit", "", ""}, NumberContext::card},
    {{"master", "card", "", ""}, NumberContext::card},
    {{"american", "express", "", ""}, NumberContext::card},
    {{"card", "security", "code", ""}, NumberContext::cvv},
    {{"card", "verification", "", ""}, NumberContext::cvv},
    {{"card", "code", "", ""}, NumberContext::cvv},
    {{"back", "of", "the", "card"}, NumberContext::cvv},
    {{"back", "of", "your", "card"}, NumberContext::cvv},
    {{"back", "of", "my", "card"}, NumberContext::cvv},
    {{"back", "of", "it", ""}, NumberContext::cvv},
    {{"on", "the", "back", ""}, NumberContext::cvv},
    {{"code", "on", "the", "front"}, NumberContext::cvv},
    {{"digits", "on", "the", "front"}, NumberContext::cvv},
    {{"security", "code", "", ""}, NumberContext::cvv},
    {{"security", "number", "", ""}, NumberContext::cvv},
    {{"security", "digits", "", ""}, NumberContext::cvv},
    {{"verification", "code", "", ""}, NumberContext::cvv},
    {{"verification", "number", "", ""}, NumberContext::cvv},
    {{"verification", "value", "", ""}, NumberContext::cvv},
    {{"signature", "strip", "", ""}, NumberContext::cvv},
    {{"three", "digit", "", ""}, NumberContext::cvv},
    {{"three", "digits", "", ""}, NumberContext::cvv},
    {{"three-digit", "code", "", ""}, NumberContext::cvv},
    {{"3", "digit", "", ""}, NumberContext::cvv},
    {{"3", "digits", "", ""}, NumberContext::cvv},
    {{"c", "v", "v", ""}, NumberContext::cvv},
    {{"c", "v", "c", ""}, NumberContext::cvv},
    {{"when", "does", "it", "expire"}, NumberContext::expiry},
    {{"when", "it", "expires", ""}, NumberContext::expiry},
    {{"what", "time", "", ""}, NumberContext::time},
    {{"send", "it", "to", ""}, NumberContext::postcode},
    {{"valid", "until", "", ""}, NumberContext::expiry},
    {{"valid", "thru", "", ""}, NumberContext::expiry},
    {{"valid", "through", "", ""}, NumberContext::expiry},
    {{"good", "thru", "", ""}, NumberContext::expiry},
    {{"good", "through", "", ""}, NumberContext::expiry},
    {{"runs", "out", "", ""}, NumberContext::expiry},
    {{"last", "four", "", ""}, NumberContext::last_four},
    {{"last", "4", "", ""}, NumberContext::last_four},
    {{"final", "four", "", ""}, NumberContext::last_four},
    {{"ending", "in", "", ""}, NumberContext::last_four},
    {{"ending", "with", "", ""}, NumberContext::last_four},
    {{"ends", "in", "", ""}, NumberContext::last_four},
    {{"ends", "with", "", ""}, NumberContext::last_four},
    {{"call", "me", "", ""}, NumberContext::phone},
    {{"call", "you", "", ""}, NumberContext::phone},
    {{"text", "me", "", ""}, NumberContext::phone},
    {{"reach", "me", "", ""}, NumberContext::phone},
    {{"reach", "you", "", ""}, NumberContext::phone},
    {{"ring", "me", "", ""}, NumberContext::phone},
    {{"contact", "number", "", ""}, NumberContext::phone},
    {{"contact", "me", "", ""}, NumberContext::phone},
    {{"callback", "number", "", ""}, NumberContext::phone},
    {{"sort", "code", "", ""}, NumberContext::account},
    {{"direct", "debit", "", ""}, NumberContext::account},
    {{"direct", "debits", "", ""}, NumberContext::account},
    {{"customer", "number", "", ""}, NumberContext::member},
    {{"customer", "i", "d", ""}, NumberContext::member},
    {{"customer", "id", "", ""}, NumberContext::member},
    {{"i", "b", "a", "n"}, NumberContext::iban},
    {{"i", "ban", "", ""}, NumberContext::iban},
    {{"social", "security", "", ""}, NumberContext::identity},
    {{"social", "media", "", ""}, NumberContext::code},
    {{"national", "insurance", "", ""}, NumberContext::identity},
    {{"n", "i", "number", ""}, NumberContext::identity},
    {{"ni", "number", "", ""}, NumberContext::identity},
    {{"s", "s", "n", ""}, NumberContext::identity},
    {{"id", "number", "", ""}, NumberContext::identity},
    {{"i", "d", "number", ""}, NumberContext::identity},
    {{"identity", "number", "", ""}, NumberContext::identity},
    {{"identification", "number", "", ""}, NumberContext::identity},
    {{"identity", "card", "number", ""}, NumberContext::identity},
    {{"national", "id", "", ""}, NumberContext::identity},
    {{"tax", "id", "", ""}, NumberContext::identity},
    {{"tax", "i", "d", ""}, NumberContext::identity},
    {{"taxpayer", "number", "", ""}, NumberContext::identity},
    {{"driving", "licence", "", ""}, NumberContext::identity},
    {{"driving", "license", "", ""}, NumberContext::identity},
    {{"driver's", "licence", "", ""}, NumberContext::identity},
    {{"driver's", "license", "", ""}, NumberContext::identity},
    {{"drivers", "licence", "", ""}, NumberContext::identity},
    {{"drivers", "license", "", ""}, NumberContext::identity},
};

std::size_t length_at(std::vector<std::string> const& words, std::size_t at, Phrase const& phrase) {
  std::size_t n = 0;
  for (auto const word : phrase.words) {
    if (word.empty()) break;
    if (at + n >= words.size() || words[at + n] != word) return 0;
    ++n;
  }
  return n;
}

bool names_number(std::string const& word) {
  return word == "detail" || word == "long" || word == "number" || word == "digits" || word == "numbers" ||
         word == "details" || word == "digit";
}

}  // namespace

std::vector<ContextMention> find_number_contexts(std::vector<std::string> const& words) {
  std::vector<ContextMention> out;
  for (std::size_t at = 0; at < words.size();) {
    ContextMention found{.first = at, .last = at};
    std::size_t taken = 0;
    for (auto const& phrase : kPhrases) {
      if (auto const n = length_at(words, at, phrase); n > taken) {
        taken = n;
        found.context = phrase.context;
      }
    }
    if (taken == 0) {
      if (auto const one = single.find(words[at]); one != single.end()) {
        taken = 1;
        found.context = one->second;
      }
    }
    if (taken == 0) {
      ++at;
      continue;
    }
    found.last = at + taken - 1;
    auto const near = [&](std::size_t i) { return i < words.size() && names_number(words[i]); };
    found.number = near(at + taken) || near(at + taken + 1);
    for (auto i = at > 5 ? at - 5 : 0; i < at + taken; ++i) {
      found.number = found.number || names_number(words[i]) || words[i] == "pan" || words[i] == "sixteen";
    }
    out.push_back(found);
    at += taken;
  }
  return out;
}

}  // namespace sotto::language

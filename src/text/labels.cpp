#include "text/labels.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace sotto::text {
namespace {

std::unordered_map<std::string_view, Label> const single = {{"card", Label::card},
                                                            {"cards", Label::card},
                                                            {"visa", Label::card},
                                                            {"mastercard", Label::card},
                                                            {"amex", Label::card},
                                                            {"maestro", Label::card},
                                                            {"debit", Label::card},
                                                            {"credit", Label::card},
                                                            {"discover", Label::card},
                                                            {"cc", Label::card},
                                                            {"pan", Label::card},
                                                            {"cvv", Label::cvv},
                                                            {"cvc", Label::cvv},
                                                            {"cvv2", Label::cvv},
                                                            {"cvc2", Label::cvv},
                                                            {"csc", Label::cvv},
                                                            {"cvn", Label::cvv},
                                                            {"expiry", Label::expiry},
                                                            {"expires", Label::expiry},
                                                            {"expire", Label::expiry},
                                                            {"expiration", Label::expiry},
                                                            {"expiring", Label::expiry},
                                                            {"exp", Label::expiry},
                                                            {"phone", Label::phone},
                                                            {"telephone", Label::phone},
                                                            {"mobile", Label::phone},
                                                            {"cell", Label::phone},
                                                            {"cellphone", Label::phone},
                                                            {"landline", Label::phone},
                                                            {"fax", Label::phone},
                                                            {"extension", Label::phone},
                                                            {"tel", Label::phone},
                                                            {"dial", Label::phone},
                                                            {"order", Label::order},
                                                            {"booking", Label::order},
                                                            {"reservation", Label::order},
                                                            {"tracking", Label::order},
                                                            {"invoice", Label::order},
                                                            {"confirmation", Label::order},
                                                            {"parcel", Label::order},
                                                            {"shipment", Label::order},
                                                            {"purchase", Label::order},
                                                            {"reference", Label::ticket},
                                                            {"ticket", Label::ticket},
                                                            {"case", Label::ticket},
                                                            {"incident", Label::ticket},
                                                            {"complaint", Label::ticket},
                                                            {"claim", Label::ticket},
                                                            {"account", Label::account},
                                                            {"acct", Label::account},
                                                            {"iban", Label::iban},
                                                            {"routing", Label::account},
                                                            {"policy", Label::member},
                                                            {"membership", Label::member},
                                                            {"member", Label::member},
                                                            {"loyalty", Label::member},
                                                            {"meter", Label::member},
                                                            {"serial", Label::code},
                                                            {"imei", Label::code},
                                                            {"ssn", Label::identity},
                                                            {"passport", Label::identity},
                                                            {"licence", Label::code},
                                                            {"license", Label::code},
                                                            {"social", Label::identity},
                                                            {"birthday", Label::time},
                                                            {"birth", Label::time},
                                                            {"born", Label::time},
                                                            {"dob", Label::time},
                                                            {"total", Label::money},
                                                            {"amount", Label::money},
                                                            {"balance", Label::money},
                                                            {"price", Label::money},
                                                            {"cost", Label::money},
                                                            {"costs", Label::money},
                                                            {"refund", Label::money},
                                                            {"zip", Label::postcode},
                                                            {"postcode", Label::postcode},
                                                            {"postal", Label::postcode},
                                                            {"address", Label::postcode},
                                                            {"street", Label::postcode},
                                                            {"flat", Label::postcode},
                                                            {"apartment", Label::postcode},
                                                            {"apt", Label::postcode},
                                                            {"suite", Label::postcode},
                                                            {"box", Label::postcode},
                                                            {"pin", Label::code},
                                                            {"when", Label::time},
                                                            {"o'clock", Label::time},
                                                            {"live", Label::postcode},
                                                            {"deliver", Label::postcode},
                                                            {"happened", Label::time},
                                                            {"birth", Label::time},
                                                            {"password", Label::code},
                                                            {"passcode", Label::code}};

struct Phrase {
  std::array<std::string_view, 4> words;  // the rest empty
  Label label;
};

// Longer ones first: "social security number" is not "security number".
constexpr Phrase phrases[] = {
    {{"social", "security", "number", ""}, Label::identity},
    {{"number", "on", "the", "card"}, Label::card},
    {{"number", "on", "the", "front"}, Label::card},
    {{"across", "the", "front", ""}, Label::card},
    {{"long", "number", "", ""}, Label::card},
    {{"sixteen", "digits", "", ""}, Label::card},
    {{"sixteen", "digit", "", ""}, Label::card},
    {{"16", "digit", "", ""}, Label::card},
    {{"16", "digits", "", ""}, Label::card},
    {{"fifteen", "digits", "", ""}, Label::card},
    {{"fifteen", "digit", "", ""}, Label::card},
    {{"master", "card", "", ""}, Label::card},
    {{"american", "express", "", ""}, Label::card},
    {{"card", "security", "code", ""}, Label::cvv},
    {{"card", "verification", "", ""}, Label::cvv},
    {{"card", "code", "", ""}, Label::cvv},
    {{"back", "of", "the", "card"}, Label::cvv},
    {{"back", "of", "your", "card"}, Label::cvv},
    {{"back", "of", "my", "card"}, Label::cvv},
    {{"back", "of", "it", ""}, Label::cvv},
    {{"on", "the", "back", ""}, Label::cvv},
    {{"code", "on", "the", "front"}, Label::cvv},
    {{"digits", "on", "the", "front"}, Label::cvv},
    {{"security", "code", "", ""}, Label::cvv},
    {{"security", "number", "", ""}, Label::cvv},
    {{"security", "digits", "", ""}, Label::cvv},
    {{"verification", "code", "", ""}, Label::cvv},
    {{"verification", "number", "", ""}, Label::cvv},
    {{"verification", "value", "", ""}, Label::cvv},
    {{"signature", "strip", "", ""}, Label::cvv},
    {{"three", "digit", "", ""}, Label::cvv},
    {{"three", "digits", "", ""}, Label::cvv},
    {{"three-digit", "code", "", ""}, Label::cvv},
    {{"3", "digit", "", ""}, Label::cvv},
    {{"3", "digits", "", ""}, Label::cvv},
    {{"c", "v", "v", ""}, Label::cvv},
    {{"c", "v", "c", ""}, Label::cvv},
    {{"when", "does", "it", "expire"}, Label::expiry},
    {{"when", "it", "expires", ""}, Label::expiry},
    {{"what", "time", "", ""}, Label::time},
    {{"send", "it", "to", ""}, Label::postcode},
    {{"valid", "until", "", ""}, Label::expiry},
    {{"valid", "thru", "", ""}, Label::expiry},
    {{"valid", "through", "", ""}, Label::expiry},
    {{"good", "thru", "", ""}, Label::expiry},
    {{"good", "through", "", ""}, Label::expiry},
    {{"runs", "out", "", ""}, Label::expiry},
    {{"last", "four", "", ""}, Label::last_four},
    {{"last", "4", "", ""}, Label::last_four},
    {{"final", "four", "", ""}, Label::last_four},
    {{"ending", "in", "", ""}, Label::last_four},
    {{"ending", "with", "", ""}, Label::last_four},
    {{"ends", "in", "", ""}, Label::last_four},
    {{"ends", "with", "", ""}, Label::last_four},
    {{"call", "me", "", ""}, Label::phone},
    {{"call", "you", "", ""}, Label::phone},
    {{"text", "me", "", ""}, Label::phone},
    {{"reach", "me", "", ""}, Label::phone},
    {{"reach", "you", "", ""}, Label::phone},
    {{"ring", "me", "", ""}, Label::phone},
    {{"contact", "number", "", ""}, Label::phone},
    {{"contact", "me", "", ""}, Label::phone},
    {{"callback", "number", "", ""}, Label::phone},
    {{"sort", "code", "", ""}, Label::account},
    {{"customer", "number", "", ""}, Label::member},
    {{"customer", "i", "d", ""}, Label::member},
    {{"customer", "id", "", ""}, Label::member},
    {{"i", "b", "a", "n"}, Label::iban},
    {{"i", "ban", "", ""}, Label::iban},
    {{"social", "security", "", ""}, Label::identity},
    {{"social", "media", "", ""}, Label::code},
    {{"national", "insurance", "", ""}, Label::identity},
    {{"n", "i", "number", ""}, Label::identity},
    {{"ni", "number", "", ""}, Label::identity},
    {{"s", "s", "n", ""}, Label::identity},
    {{"id", "number", "", ""}, Label::identity},
    {{"i", "d", "number", ""}, Label::identity},
    {{"identity", "number", "", ""}, Label::identity},
    {{"identification", "number", "", ""}, Label::identity},
    {{"identity", "card", "number", ""}, Label::identity},
    {{"national", "id", "", ""}, Label::identity},
    {{"tax", "id", "", ""}, Label::identity},
    {{"tax", "i", "d", ""}, Label::identity},
    {{"taxpayer", "number", "", ""}, Label::identity},
    {{"driving", "licence", "", ""}, Label::identity},
    {{"driving", "license", "", ""}, Label::identity},
    {{"driver's", "licence", "", ""}, Label::identity},
    {{"driver's", "license", "", ""}, Label::identity},
    {{"drivers", "licence", "", ""}, Label::identity},
    {{"drivers", "license", "", ""}, Label::identity},
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

std::vector<Labelled> find_labels(std::vector<std::string> const& words) {
  std::vector<Labelled> out;
  for (std::size_t at = 0; at < words.size();) {
    Labelled found{.first = at, .last = at};
    std::size_t taken = 0;
    for (auto const& phrase : phrases) {
      if (auto const n = length_at(words, at, phrase); n > taken) {
        taken = n;
        found.label = phrase.label;
      }
    }
    if (taken == 0) {
      if (auto const one = single.find(words[at]); one != single.end()) {
        taken = 1;
        found.label = one->second;
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

}  // namespace sotto::text

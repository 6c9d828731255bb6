// What the digits that follow are said to be: "card number", "the code on the back", "order number".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto::language {

enum class NumberContext {
  card,
  last_four,
  cvv,
  expiry,
  phone,
  order,
  ticket,
  account,  // a bank's or a shop's: number, sort code, routing number
  member,   // customer, policy, membership, meter
  iban,
  identity,  // social security, national insurance, passport, driving licence, tax
  code,
  time,
  money,
  name,
  postcode
};

struct ContextMention {
  NumberContext context = NumberContext::card;
  bool number = false;  // "card number", not only "card"
  std::size_t first = 0, last = 0;
};

// Of folded words (fold()), in order.
std::vector<ContextMention> find_number_contexts(std::vector<std::string> const& words);

}  // namespace sotto::language

// What the digits that follow are said to be: "card number", "the code on the back", "order number".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto::text {

enum class Label {
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

struct Labelled {
  Label label = Label::card;
  bool number = false;  // "card number", not only "card"
  std::size_t first = 0, last = 0;
};

// Of folded words (fold()), in order.
std::vector<Labelled> find_labels(std::vector<std::string> const& words);

}  // namespace sotto::text

// What words name: mail addresses, phone numbers, dates, times, sums, numbers of orders, tickets and accounts, names,
// addresses; written or said ("a dot b at gmail dot com", "double two", "july twenty fifth"). docs/entities.md says
// what is found and what is not. Pure functions; cards are CardGuard's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto::language {

struct Entity {
  enum class Kind { iban, account, order, ticket, phone, email, date, time, money, name, address } kind = Kind::order;
  std::string value;                // normalised: "a.b@gmail.com", "+14155550123", "2026-07-25", "13:30", "12.50 USD"
  std::size_t first = 0, last = 0;  // words
  bool valid = false;               // check digits, calendar or length agree
};

char const* name(Entity::Kind kind);
// Its value is not shown: only that it was there.
bool sensitive(Entity::Kind kind);

// Of the words of one utterance, in order, none inside another.
std::vector<Entity> find_entities(std::vector<std::string> const& words);

}  // namespace sotto::language

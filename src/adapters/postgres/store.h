// The shared store as a whole: its schema, and whether this process may work on it (docs/scale.md).
#pragma once

#include <string>

#include "adapters/postgres/connection.h"
#include "base/error.h"

namespace sotto::postgres {

struct StoreFacts {
  int version = 0;          // of the schema; 0: there is none
  int newest = 0;           // that this program knows
  std::string cluster;      // whose store it is
  std::string role;         // who is connected
  bool above_rows = false;  // row-level security does not hold for that role
};

// Whom an address connects as; empty: it does not say.
std::string user_of(std::string const& address);

// Errors: store_failed.
Result<StoreFacts> facts_of(Connection& connection);

// Makes the schema, or brings it to this program's version, in one transaction each step; `role` may then work on it
// (empty: nobody else). Needs the owner of the schema, or whoever may make one. How many steps were taken. Errors:
// wrong_cluster, newer_schema, store_failed.
Result<int> migrate(Connection& connection, std::string const& cluster, std::string const& role);

// Whether this program may work on the store, in words for its operator. Errors: no_schema, older_schema, newer_schema,
// wrong_cluster, wrong_role, store_failed.
Result<void> check_store(Connection& connection, std::string const& cluster);

// Places in the order of all calls go on growing, also where the database was restored into a younger server.
Result<void> keep_order(Connection& connection);

}  // namespace sotto::postgres

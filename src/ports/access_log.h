// Port AccessLog: who read, changed or erased what of the calls that are kept. Entries are only ever added, and each
// holds the digest of the one before it (adapters/access_chain), so that one which is changed or missing shows.
//
// Contract (tests/contract/access_log_test.cpp):
//  * append() calls `then` exactly once, on the executor the adapter was built with and never inside the call: when the
//    entry is durable, or with error access_log_failed, and then the entry is not there.
//  * Entries stand in the order of append().
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "call/scope.h"
#include "ports/call_log.h"

namespace sotto {

struct AccessEntry {
  Time at;
  Principal who;
  std::string peer;                          // the address that the request came from
  std::string permission;                    // that it needed (call/access.h)
  std::string request;                       // "GET /v1/calls/{call}"
  std::string subject = {};                  // the call or demo; empty: of many
  std::string detail = {};                   // the query: filters of a list, the reason of an erasure
  std::optional<int> status = std::nullopt;  // of the answer; nullopt: it is about to be done
};

class AccessLog {
 public:
  virtual ~AccessLog() = default;
  virtual void append(AccessEntry entry, Then<void> then) = 0;
  // Why the last entries could not be written; empty: they were.
  virtual std::string trouble() const = 0;
};

}  // namespace sotto

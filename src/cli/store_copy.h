// All calls of a store as a file, and back, from one kind of store to another. JSON Lines, in the clear:
//
//   {"sotto_store": 1, "consumers": {NAME: [[CALL, NUMBER] ...]}}      events that each consumer still waits for
//   {"call": {..}, "state": "live|ended|erased", "resume_digest": "..", "guidance": {..}, "ledger": {TRACK: [[..] ..]},
//   "events": [..]}
//   {"calls": N}                                                       the end: a file without it was cut off
//
// Calls stand in the order in which they started; their events have the numbers of their places.
#pragma once

#include <functional>
#include <iosfwd>

#include "base/error.h"
#include "cli/open_store.h"

namespace sotto::app {

struct Copied {
  std::size_t calls = 0, events = 0;
  std::size_t damaged = 0;  // cannot be read: left out
};
// Told now and then how many calls are done.
using Progress = std::function<void(std::size_t)>;

// No server may carry calls of the store. Errors: in_use (some does), store_failed, cannot_write.
Result<Copied> export_store(OpenStore& store, std::ostream& out, Progress const& progress);
// Into a store without calls. Errors: not_empty, bad_file (with its line; what stands before it was taken), and those
// of the log.
Result<Copied> import_store(OpenStore& store, std::istream& in, Progress const& progress);

}  // namespace sotto::app

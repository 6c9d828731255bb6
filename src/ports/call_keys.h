// Port CallKeys: the keys of calls, kept apart from what they open, in a place where what is deleted is truly gone.
// A call's text is sealed with AES-256-GCM (NIST SP 800-38D) under its newest key; destroying a key makes everything
// sealed under it unreadable in every page, log, replica and backup at once.
//
// Contract (tests/contract/call_keys_contract.h):
//  * A key that fresh() gave is durable before it is given: a power cut never leaves text without its key.
//  * After destroy() has returned without an error the key stands nowhere: not in the file, its journal or its backup.
//  * Thread-safe. May block for a disk: call it off the loop.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace sotto {

using Key = std::array<std::uint8_t, 32>;
using KeyId = std::int64_t;  // never used twice

class CallKeys {
 public:
  virtual ~CallKeys() = default;
  // A new key. Errors: keys_failed.
  virtual Result<KeyId> fresh() = 0;
  // Errors: no_such_key (destroyed, or never made), keys_failed.
  virtual Result<Key> find(KeyId id) = 0;
  // Destroying what is gone already is a success. Errors: keys_failed.
  virtual Result<void> destroy(KeyId id) = 0;
  // Of those that stand, for whoever looks for keys that nothing needs after a crash.
  virtual Result<std::vector<KeyId>> all() = 0;
};

}  // namespace sotto

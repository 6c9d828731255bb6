// The texts of a call in the store: sealed under the call's key (adapters/openssl/seal.h), each bound to its place, so
// that none can be put where another one stood.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/openssl/seal.h"
#include "base/error.h"
#include "ports/call_keys.h"

namespace sotto {

class CallSeal {
 public:
  // In the clear: of a version that sealed nothing.
  explicit CallSeal(std::string call) : call_(std::move(call)) {}
  CallSeal(std::string call, KeyId id, Key const& key)
      : call_(std::move(call)), id_(id), key_(std::make_shared<HeldKey>(key)) {}
  // Errors: no_such_key, keys_failed. `id` 0: in the clear.
  static Result<CallSeal> find(CallKeys& keys, std::string const& call, KeyId id);

  std::string const& call() const { return call_; }
  KeyId id() const { return id_; }  // 0: in the clear

  std::string seal_info(std::string_view text) const { return sealed("info", 0, text); }
  Result<std::string> open_info(std::string stored) const {
    return opened("description", "info", 0, std::move(stored));
  }
  std::string seal_event(std::int64_t number, std::int64_t time_us, std::string_view text) const;
  Result<std::string> open_event(std::int64_t number, std::int64_t time_us, std::string stored) const;
  // At the place up to which it was consumed; empty stays empty.
  std::string seal_snapshot(std::string_view text) const;
  Result<std::string> open_snapshot(std::string stored) const;

 private:
  std::string place(std::string_view what, std::int64_t time_us) const;
  std::string sealed(std::string_view what, std::int64_t time_us, std::string_view text) const;
  Result<std::string> opened(std::string_view name, std::string_view what, std::int64_t time_us,
                             std::string stored) const;

  std::string call_;
  KeyId id_ = 0;
  std::shared_ptr<HeldKey const> key_;
};

// The seals of the calls that one look at the store meets.
class Seals {
 public:
  // A key that is gone is error no_such_key: its call may have been sealed anew since the look began. `last_try`: it
  // was not, and the call is damaged.
  Seals(CallKeys& keys, bool last_try) : keys_(keys), last_try_(last_try) {}
  // Of a call and the key that stands with it. Errors: no_such_key, damaged, keys_failed.
  Result<CallSeal const*> of(std::string const& call, KeyId id);

 protected:
  CallSeal const* known(std::string const& call) const;

 private:
  CallKeys& keys_;
  bool const last_try_;
  std::map<std::string, CallSeal> known_;
};

// The seals of the calls that a writer writes: keys are asked for once. Errors: keys_failed.
class WriterSeals {
 public:
  explicit WriterSeals(CallKeys& keys) : keys_(keys) {}
  // Of a call as the store has it now. Error also `damaged`: its key is gone.
  Result<CallSeal> of(std::string const& call, KeyId id);
  // Under a key that is new.
  Result<CallSeal> fresh(std::string const& call);
  // No copy of the key is left.
  void forget(std::string const& call) { known_.erase(call); }

 private:
  CallKeys& keys_;
  std::map<std::string, CallSeal> known_;  // of calls that were written lately
};

// Looks at the store until no call was sealed anew meanwhile: work(Seals&) or what derives from it.
template <typename T, typename Work>
Result<T> look_again(Work work) {
  constexpr int last_try = 3;
  for (int tries = 1;; ++tries) {
    Result<T> result = work(tries == last_try);
    if (result || result.error().code != "no_such_key" || tries == last_try) return result;
  }
}

}  // namespace sotto

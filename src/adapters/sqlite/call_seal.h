// The texts of a call in the store: sealed under the call's key (adapters/openssl/seal.h), each bound to its place, so
// that none can be put where another one stood.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/openssl/seal.h"
#include "adapters/sqlite/database.h"
#include "base/error.h"
#include "ports/call_keys.h"

namespace sotto::sqlite {

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
  Seals(Database& database, CallKeys& keys, bool last_try);
  // Errors: no_such_call, no_such_key, damaged, keys_failed, store_failed.
  Result<CallSeal const*> of(std::string const& call);
  // Of a call whose key is known.
  Result<CallSeal const*> of(std::string const& call, KeyId id);

 private:
  CallKeys& keys_;
  bool const last_try_;
  Statement key_;
  std::map<std::string, CallSeal> known_;
};

}  // namespace sotto::sqlite

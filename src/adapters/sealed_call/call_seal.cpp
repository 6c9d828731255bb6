#include "adapters/sealed_call/call_seal.h"

#include <utility>

#include <fmt/format.h>

#include "base/limits.h"

namespace sotto {

Result<CallSeal> CallSeal::find(CallKeys& keys, std::string const& call, KeyId id) {
  if (id == 0) return CallSeal(call);
  auto key = keys.find(id);
  if (!key) return std::unexpected(key.error());
  CallSeal out(call, id, *key);
  cleanse(*key);
  return out;
}

std::string CallSeal::seal_event(std::int64_t number, std::int64_t time_us, std::string_view text) const {
  return sealed(std::to_string(number), time_us, text);
}

Result<std::string> CallSeal::open_event(std::int64_t number, std::int64_t time_us, std::string stored) const {
  return opened(fmt::format("event {}", number), std::to_string(number), time_us, std::move(stored));
}

std::string CallSeal::seal_snapshot(std::string_view text) const {
  return text.empty() ? std::string() : sealed("snapshot", 0, text);
}

Result<std::string> CallSeal::open_snapshot(std::string stored) const {
  if (stored.empty()) return stored;
  return opened("snapshot", "snapshot", 0, std::move(stored));
}

std::string CallSeal::place(std::string_view what, std::int64_t time_us) const {
  return fmt::format("{}|{}|{}|{}", call_, what, time_us, id_);
}

std::string CallSeal::sealed(std::string_view what, std::int64_t time_us, std::string_view text) const {
  return key_ ? seal(**key_, place(what, time_us), text) : std::string(text);
}

Result<std::string> CallSeal::opened(std::string_view name, std::string_view what, std::int64_t time_us,
                                     std::string stored) const {
  if (!key_) return stored;
  auto text = unseal(**key_, place(what, time_us), stored);
  if (!text)
    return fail("damaged", fmt::format("call {} is damaged in the store: its {} is not what was sealed", call_, name));
  return text;
}

CallSeal const* Seals::known(std::string const& call) const {
  auto const found = known_.find(call);
  return found == known_.end() ? nullptr : &found->second;
}

Result<CallSeal const*> Seals::of(std::string const& call, KeyId id) {
  if (auto const* seal = known(call); seal && seal->id() == id) return seal;
  auto seal = CallSeal::find(keys_, call, id);
  if (!seal && seal.error().code == "no_such_key" && last_try_)
    return fail("damaged", fmt::format("call {} is damaged in the store: its key is gone", call));
  if (!seal) return std::unexpected(seal.error());
  return &known_.insert_or_assign(call, std::move(*seal)).first->second;
}

Result<CallSeal> WriterSeals::of(std::string const& call, KeyId id) {
  if (auto const known = known_.find(call); known != known_.end() && known->second.id() == id) return known->second;
  auto seal = CallSeal::find(keys_, call, id);
  if (!seal && seal.error().code == "no_such_key")
    return fail("damaged", fmt::format("call {} is damaged in the store: its key is gone", call));
  if (!seal) return seal;
  if (known_.size() >= limits::kCallsMax) known_.clear();
  return known_.insert_or_assign(call, std::move(*seal)).first->second;
}

Result<CallSeal> WriterSeals::fresh(std::string const& call) {
  auto const key = keys_.fresh();
  if (!key) return std::unexpected(key.error());
  return CallSeal::find(keys_, call, *key);
}

}  // namespace sotto

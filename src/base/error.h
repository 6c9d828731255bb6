// Expected failures are values: every fallible function returns Result<T>. Exceptions are for start-up only.
// An Error names what is wrong (`code`, stable, snake_case, part of the wire contract) and where (`message`, one
// sentence for a person).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace sotto {

struct Error {
  std::string code;
  std::string message;

  bool operator==(Error const&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string code, std::string message) {
  return std::unexpected(Error{std::move(code), std::move(message)});
}

}  // namespace sotto

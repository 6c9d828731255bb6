// Moonshine's vocabulary: token ids to text. Immutable after load; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace sotto {

using Token = std::int64_t;

class MoonshineTokens {
 public:
  static constexpr Token start = 1;
  static constexpr Token end = 2;

  // Errors `model_missing`, `model_broken`.
  static Result<MoonshineTokens> load(std::filesystem::path const& file);

  // Valid UTF-8 without outer blanks; control tokens and broken byte sequences are left out.
  std::string text(std::span<Token const> tokens) const;
  std::size_t size() const { return pieces_.size(); }

 private:
  std::vector<std::string> pieces_;
};

}  // namespace sotto

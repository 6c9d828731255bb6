// The text of a file of token records (tokens.h) as `sotto token` changes it: a line is added or taken out, and
// whatever a person wrote around it stays. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "roles/tokens.h"

namespace sotto::app {

// `text` may be empty: a new file. Errors: bad_config (the file is wrong as it is, or the record is, or it is not
// written so that a line may be added), name_taken.
Result<std::string> with_token(std::filesystem::path const& file, std::string const& text, TokenSettings const& token);
// Errors: bad_config, no_such_token.
Result<std::string> without_token(std::filesystem::path const& file, std::string const& text, std::string_view name);

}  // namespace sotto::app

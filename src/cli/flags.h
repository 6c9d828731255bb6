// What the flags of several commands share.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/unicode.h"
#include "base/utf8.h"

namespace sotto::app {

// Ids and words go to a server, into files and into answers as text.
inline CLI::Validator const kText(
    [](std::string& given) {
      return is_utf8(given) ? std::string() : "\"" + language::escaped(given) + "\" is not UTF-8 text";
    },
    "");

}  // namespace sotto::app

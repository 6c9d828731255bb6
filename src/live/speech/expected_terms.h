// What the recogniser of a call is told to expect: names that its source gave, then the terms of its tenant. Pure.
#pragma once

#include <string>
#include <vector>

#include "call/call.h"

namespace sotto::speech {

// `come_up`: what was named since the call began, and first. Of the call: the names of its parties, texts of `metadata`
// whose key ends with "name", and those of `metadata.keyterms`, between commas; of a name its words too, for people are
// called by one of them. At most limits::kKeytermsMax, each once; a text without a letter, with a digit, or longer than
// limits::kKeytermBytesMax is left out.
std::vector<std::string> expected_terms(std::vector<std::string> const& come_up, CallInfo const& call,
                                        std::vector<std::string> const& of_tenant);

}  // namespace sotto::speech

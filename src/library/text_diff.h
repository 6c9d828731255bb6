// The difference of two texts as `diff -u` writes it. Pure. (Debian's libdtl-dev does not compile with clang 19.)
#pragma once

#include <string>
#include <string_view>

namespace sotto::app {

// Hunks with three lines of context around what changed, by the shortest edit (E. W. Myers, "An O(ND) Difference
// Algorithm", 1986); where it takes more than 2,000 lines to change one into the other, all of the one goes and all of
// the other comes. Empty: they are the same.
std::string unified_diff(std::string_view was, std::string_view is);

}  // namespace sotto::app

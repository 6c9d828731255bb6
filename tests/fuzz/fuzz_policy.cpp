// Whatever a policy file holds: rules, or problems that name a line of it.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "policy/parser.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const parsed = sotto::policy::parse_policies(text, "fuzz.yaml");
  auto const lines = static_cast<int>(std::ranges::count(text, '\n') + std::ranges::count(text, '\r')) + 2;
  for (auto const& problem : parsed.problems) {
    if (problem.line < 0 || problem.line > lines || problem.reason.empty()) std::abort();
  }
  return 0;
}

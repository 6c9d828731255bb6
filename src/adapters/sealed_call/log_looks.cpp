#include "adapters/sealed_call/log_looks.h"

namespace sotto {

std::string where_type(std::vector<std::string_view> const& types) {
  if (types.empty()) return "";
  std::string list;
  for (auto const type : types) {
    list += list.empty() ? "'" : ", '";
    for (char const byte : type) list += byte == '\'' ? "''" : std::string(1, byte);
    list += "'";
  }
  return types.size() == 1 ? " AND type = " + list : " AND type IN (" + list + ")";
}

}  // namespace sotto

// Whatever a file of a person's holds: text that is UTF-8 without what no line holds, or a problem. As YAML it is read
// or refused; the forms in which words are compared and shown stay UTF-8, and are what they are once more. max_len:
// 1048576
#include <cstdlib>
#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"
#include "base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace language = sotto::language;
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  if (!sotto::is_utf8(language::escaped(bytes))) std::abort();
  (void)language::load_yaml(bytes);
  auto const decoded = language::decode_text(bytes);
  if (!decoded) {
    if (!sotto::is_utf8(decoded.error().reason)) std::abort();
    return 0;
  }
  if (!sotto::is_utf8(*decoded) || decoded->find('\r') != std::string::npos) std::abort();
  for (auto const& form : {language::plain(*decoded), language::readable(*decoded)}) {
    if (!sotto::is_utf8(form) || form.find('\n') != std::string::npos) std::abort();
  }
  auto const shown = language::readable(*decoded);
  if (language::readable(shown) != shown) std::abort();
  return 0;
}

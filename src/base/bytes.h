// Plain values to bytes and back, for model files. Little-endian; a reader never goes past its end.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace sotto::language {

static_assert(std::endian::native == std::endian::little);

class ByteWriter {
 public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  void value(T value) {
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof value);
  }
  template <typename T>
  void list(std::vector<T> const& values) {
    value(static_cast<std::uint64_t>(values.size()));
    bytes_.append(reinterpret_cast<char const*>(values.data()), values.size() * sizeof(T));
  }
  void text(std::string const& text) { list(std::vector<char>(text.begin(), text.end())); }
  std::string const& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// After the first read past the end every value is 0 or empty and good() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  T value() {
    T value{};
    take(&value, sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> list() {
    auto const size = value<std::uint64_t>();
    if (size > left_.size() / sizeof(T)) good_ = false;
    std::vector<T> values(good_ ? size : 0);
    take(values.data(), values.size() * sizeof(T));
    return values;
  }
  std::string text() {
    auto const letters = list<char>();
    return {letters.begin(), letters.end()};
  }
  bool good() const { return good_; }
  bool at_end() const { return left_.empty(); }

 private:
  void take(void* into, std::size_t size) {
    if (size > left_.size()) good_ = false;
    if (!good_ || size == 0) return;
    std::memcpy(into, left_.data(), size);
    left_.remove_prefix(size);
  }

  std::string_view left_;
  bool good_ = true;
};

}  // namespace sotto::language

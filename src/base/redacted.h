// A value that has passed the gate which hides what may not be seen: only `Gate` makes one, so that what takes a
// Redacted<T, Gate> cannot be handed anything else.
#pragma once

#include <utility>

namespace sotto {

template <typename T, typename Gate>
class Redacted {
 public:
  T const& operator*() const { return value_; }
  T const* operator->() const { return &value_; }

 private:
  friend Gate;
  explicit Redacted(T value) : value_(std::move(value)) {}

  T value_;
};

}  // namespace sotto

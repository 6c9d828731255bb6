// Which places of the log's order have had their effect on a consumer: all up to one, and ranges beyond it where some
// came out of turn. Ranges that meet become one, so that there are about as many as places that still wait.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sotto {

class Settled {
 public:
  // 0: nothing yet.
  std::int64_t upto() const { return upto_; }
  bool contains(std::int64_t place) const;
  // All of `first` to `last`. Nothing where first > last.
  void add(std::int64_t first, std::int64_t last);
  void add(Settled const& other);

  // The ranges beyond upto(), such as "7-9,12-12"; empty: none.
  std::string ahead() const;
  // Back from both. What cannot be read of the ranges is left out: it waits again.
  static Settled read(std::int64_t upto, std::string_view ahead);

  bool operator==(Settled const&) const = default;

 private:
  std::int64_t upto_ = 0;
  std::map<std::int64_t, std::int64_t> ranges_;  // first -> last, each beyond upto_ + 1, with gaps between them
};

}  // namespace sotto

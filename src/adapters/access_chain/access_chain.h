// The lines of an access log as a hash chain: each is a JSON object that ends in the SHA-256 of what stands before,
// and holds the digest of the line before it (the method of RFC 9162's log, without its tree: nobody asks for proofs
// of single entries). Pure.
//
//   {"n":7,"at":"..","who":"acme-desk",..,"prev":"<64 hex>","hash":"<64 hex>"}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/error.h"
#include "ports/access_log.h"

namespace sotto::app {

// Where a chain stands: the number of its newest line, and that line's digest.
struct ChainEnd {
  std::int64_t number = 0;
  std::string hash = std::string(64, '0');

  bool operator==(ChainEnd const&) const = default;
};

// The next line, without its end; `end` moves on to it. At most 4 KiB.
std::string next_line(AccessEntry const& entry, ChainEnd& end);

struct ChainedLine {
  ChainEnd at;
  std::string previous;
  boost::json::object entry;
};
// Error broken_chain: it is no such line, or its digest is not that of what it says.
Result<ChainedLine> read_line(std::string_view line);

// Looks through lines in their order. The first may have any number: what stood before it is kept elsewhere.
class ChainCheck {
 public:
  // Error broken_chain, in words with the number.
  Result<void> add(std::string_view line);
  ChainEnd const& end() const { return end_; }
  std::int64_t lines() const { return lines_; }
  std::int64_t first() const { return first_; }

 private:
  ChainEnd end_;
  std::int64_t lines_ = 0, first_ = 0;
};

}  // namespace sotto::app

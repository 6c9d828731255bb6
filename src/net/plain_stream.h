// The TCP stream of our sockets: Beast's, which says whether it is in the middle of a write.
#pragma once

#include <cstddef>
#include <limits>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>

namespace sotto::net {

// A rate policy without a limit: it is asked before each write, and told behind it. What a write has left over goes out
// in the same step in which its end is told, so that on one thread nobody finds a frame half written in between.
class WriteWatch {
 public:
  bool writing() const { return writing_; }

 private:
  friend class boost::beast::rate_policy_access;
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  std::size_t available_read_bytes() const noexcept { return kAll; }
  std::size_t available_write_bytes() noexcept {
    writing_ = true;
    return kAll;
  }
  void transfer_read_bytes(std::size_t) const noexcept {}
  void transfer_write_bytes(std::size_t) noexcept { writing_ = false; }
  void on_timer() const noexcept {}

  bool writing_ = false;
};

using PlainStream = boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::any_io_executor, WriteWatch>;

}  // namespace sotto::net

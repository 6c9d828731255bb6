// Frames of a server (RFC 6455, section 5.2: not masked, not fragmented) straight into the send buffer of its socket:
// two system calls for all of them and no allocation, where the library's writer takes several of each for one. Linux.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sotto::net {

enum class Sent : std::uint8_t {
  all,
  nothing,  // the buffer has no room for all of them, or they are large: nothing went out
  part,     // the system ran out of memory for them half way: the connection is of no use any more
};

struct Frame {
  std::string_view payload;
  bool binary = false;
};
inline constexpr std::size_t kFramesMost = 16;
inline constexpr std::size_t kFrameBytesMost = 16 * 1024;  // of all together; more is for the writer

// At most kFramesMost of them. `socket` does not block. Never a part of them while the buffer has room for all.
Sent send_frames(int socket, std::span<Frame const> frames);

}  // namespace sotto::net
